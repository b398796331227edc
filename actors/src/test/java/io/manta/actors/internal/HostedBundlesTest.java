package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.MantaConfig;
import io.manta.core.GroupNames;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import io.manta.scheduler.Ledger;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a node reserves for who places a placement group.
@Timeout(30)
class HostedBundlesTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final RecordingHost[] host = new RecordingHost[1];
  private final MantaRuntime runtime =
      new MantaRuntime(
          MantaConfig.defaults().withCpus(4),
          NodeId.random(),
          false,
          made -> {
            host[0] = new RecordingHost(made);
            return host[0];
          });
  private final Ledger ledger = runtime.admission().ledger();

  private final GroupNames names = new GroupNames(new PlacementGroupId(new NodeId(5), 7), "trial");

  @AfterEach
  void close() {
    runtime.close();
  }

  private Message.PrepareBundles prepare(int attempt, boolean commits, double cpus) {
    return new Message.PrepareBundles(
        names, attempt, commits, Map.of(0, Resources.cpus(cpus)), Optional.empty());
  }

  private Message.PrepareBundles waiting(int attempt, double cpus, Duration most) {
    return new Message.PrepareBundles(
        names,
        attempt,
        false,
        Map.of(0, Resources.cpus(cpus)),
        Optional.of(new Message.BundleTurn(runtime.job(), 0, most.toNanos(), Resources.NONE)));
  }

  private boolean isDone() {
    return ((Message.BundlesAnswer) host[0].sent().getLast()).done();
  }

  private double free() {
    return ledger.available().cpus();
  }

  @Test
  void shouldDropWhatWasReservedAndNotPlacedInTime() {
    var bundles = new HostedBundles(runtime, Duration.ofMillis(100));
    bundles.prepare(runtime.id(), prepare(1, false, 3));
    assertThat(isDone()).isTrue();
    await().untilAsserted(() -> assertThat(free()).isEqualTo(4));

    bundles.commit(runtime.id(), new Message.CommitBundles(names.group(), 1));
    assertThat(isDone()).isFalse();
    assertThat(ledger.groups()).isEmpty();
  }

  @Test
  void shouldReserveFirstAndPlaceOnlyThatAttempt() {
    var bundles = new HostedBundles(runtime, LONG);
    bundles.prepare(runtime.id(), prepare(2, false, 3));
    assertThat(free()).isEqualTo(1);
    bundles.commit(runtime.id(), new Message.CommitBundles(names.group(), 1));
    assertThat(ledger.groups()).isEmpty();

    bundles.commit(runtime.id(), new Message.CommitBundles(names.group(), 2));
    assertThat(ledger.bundles(names.group())).containsExactly(0);
    assertThat(free()).isEqualTo(1);
    bundles.remove(runtime.id(), new Message.RemoveBundles(names, 0, "over"));
    assertThat(free()).isEqualTo(4);
  }

  @Test
  void shouldDropAnAttemptThatIsOverAndKeepWhatIsPlaced() {
    var bundles = new HostedBundles(runtime, LONG);
    bundles.prepare(runtime.id(), prepare(1, false, 3));
    bundles.remove(runtime.id(), new Message.RemoveBundles(names, 1, "no room elsewhere"));
    assertThat(free()).isEqualTo(4);

    bundles.prepare(runtime.id(), prepare(2, false, 2));
    bundles.commit(runtime.id(), new Message.CommitBundles(names.group(), 2));
    bundles.remove(runtime.id(), new Message.RemoveBundles(names, 2, "late"));
    assertThat(ledger.bundles(names.group())).containsExactly(0);
  }

  @Test
  void shouldTakeWhatASecondAttemptAsksForInPlaceOfTheFirst() {
    var bundles = new HostedBundles(runtime, LONG);
    bundles.prepare(runtime.id(), prepare(1, false, 3));
    bundles.prepare(runtime.id(), prepare(2, true, 4));
    assertThat(isDone()).isTrue();
    assertThat(free()).isEqualTo(0);
    bundles.prepare(runtime.id(), prepare(3, true, 1));
    assertThat(isDone()).isFalse();
  }

  @Test
  void shouldReserveWhenItsTurnComesWhatIsNotFreeYet() {
    var bundles = new HostedBundles(runtime, LONG);
    ledger.tryTake(Resources.cpus(2));
    bundles.prepare(runtime.id(), waiting(1, 3, LONG));
    assertThat(host[0].sent()).isEmpty();

    runtime.admission().giveBack(runtime.job(), Resources.cpus(2));
    assertThat(isDone()).isTrue();
    bundles.commit(runtime.id(), new Message.CommitBundles(names.group(), 1));
    assertThat(ledger.bundles(names.group())).containsExactly(0);
    assertThat(free()).isEqualTo(1);
  }

  @Test
  void shouldRefuseWhatWaitedForTooLong() {
    var bundles = new HostedBundles(runtime, LONG);
    ledger.tryTake(Resources.cpus(2));
    bundles.prepare(runtime.id(), waiting(1, 3, Duration.ofMillis(50)));

    await().untilAsserted(() -> assertThat(host[0].sent()).isNotEmpty());
    assertThat(isDone()).isFalse();
    runtime.admission().giveBack(runtime.job(), Resources.cpus(2));
    assertThat(free()).isEqualTo(4);
  }

  @Test
  void shouldNotWaitForAnAttemptThatIsOver() {
    var bundles = new HostedBundles(runtime, LONG);
    ledger.tryTake(Resources.cpus(2));
    bundles.prepare(runtime.id(), waiting(1, 3, LONG));
    bundles.remove(runtime.id(), new Message.RemoveBundles(names, 1, "no room elsewhere"));

    runtime.admission().giveBack(runtime.job(), Resources.cpus(2));
    assertThat(free()).isEqualTo(4);
  }

  @Test
  void shouldHearOnlyWhoTookAGroupOver() {
    var bundles = new HostedBundles(runtime, LONG);
    bundles.ask(runtime.id(), new Message.AskBundles(names.group(), 1));
    bundles.prepare(new NodeId(5), prepare(9, true, 1));

    assertThat(ledger.groups()).isEmpty();
  }

  @Test
  void shouldFreeAllOfAProcessThatIsGone() {
    var bundles = new HostedBundles(runtime, LONG);
    ledger.add(ledger.reserve(names, Map.of(0, Resources.cpus(2))).orElseThrow());
    var detached = new GroupNames(new PlacementGroupId(new NodeId(5), -8), "stays");
    ledger.add(ledger.reserve(detached, Map.of(0, Resources.cpus(1))).orElseThrow());

    bundles.processGone(new NodeId(5));
    assertThat(ledger.groups()).containsExactly(detached.group());
    assertThat(free()).isEqualTo(3);
  }
}
