package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.LeaseClaims.Claimant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeaseClaimsTest {
  private static final NodeId HERE = new NodeId(1);
  private static final Resources ONE = Resources.cpus(1);
  private static final Resources OFFERED =
      Resources.of(Map.of(Resources.CPU, 4, Resources.MEMORY, 10));
  private static final Claimant FIRST = claimant(2);
  private static final Claimant SECOND = claimant(3);

  private long now;
  private int most = 100;
  private final Set<NodeId> gone = new HashSet<>();
  private final List<String> granted = new ArrayList<>();
  private final AdmissionQueue<AdmissionQueue.Work> queue =
      new AdmissionQueue<>(HERE, Map::of, new Ledger(OFFERED), shape -> true, () -> now);
  private final LeaseClaims claims = new LeaseClaims(HERE, queue, () -> now, new Recorder());

  private final class Recorder implements LeaseClaims.Granter {
    @Override
    public boolean serves(NodeId holder) {
      return !gone.contains(holder);
    }

    @Override
    public int most(Shape shape) {
      return most;
    }

    @Override
    public void grant(Claimant claimant, int slots) {
      granted.add(claimant.holder().value() + ": " + slots);
    }
  }

  private record Granted(Claimant claimant, long grantedNanos, boolean isIdle, boolean wasUsed)
      implements LeaseClaims.Lease {}

  private static Granted busy(Claimant claimant, long grantedNanos) {
    return new Granted(claimant, grantedNanos, false, true);
  }

  private static Granted unused(Claimant claimant, long grantedNanos) {
    return new Granted(claimant, grantedNanos, true, false);
  }

  private static Granted drained(Claimant claimant, long grantedNanos) {
    return new Granted(claimant, grantedNanos, true, true);
  }

  private static Claimant claimant(long holder) {
    return claimant(holder, ONE);
  }

  private static Claimant claimant(long holder, Resources resources) {
    var node = new NodeId(holder);
    return new Claimant(node, Shape.of(new JobId(node), resources));
  }

  private int ask(Claimant claimant, int slots) {
    return claims.ask(claimant, slots, 0);
  }

  private void giveBack(Claimant claimant, int slots) {
    queue.giveBack(claimant.shape().job(), ONE, slots);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void shouldGrantWhatIsFreeAndTheRestAsItIsGivenBack() {
    assertThat(ask(FIRST, 6)).isEqualTo(4);
    giveBack(FIRST, 1);
    giveBack(FIRST, 1);
    giveBack(FIRST, 1);

    assertThat(granted).containsExactly("2: 4", "2: 1", "2: 1");
    assertThat(queue.ledger().available().cpus()).isEqualTo(1);
  }

  @Test
  void shouldGrantOneByOneWhileTheNodeMayNotGrantMore() {
    most = 1;
    ask(FIRST, 3);

    assertThat(granted).containsExactly("2: 1", "2: 1", "2: 1");
  }

  @Test
  void shouldTakeALaterWordInPlaceOfAnEarlierOne() {
    ask(FIRST, 6);
    ask(FIRST, 0);
    giveBack(FIRST, 4);

    assertThat(granted).containsExactly("2: 4");
    assertThat(claims.isEmpty()).isTrue();
  }

  @Test
  void shouldForgetAClaimThatIsNotSaidAgain() {
    ask(FIRST, 6);
    pass(LeaseTimes.CLAIM.plusMillis(1));
    giveBack(FIRST, 4);

    assertThat(granted).containsExactly("2: 4");
  }

  @Test
  void shouldForgetTheClaimsOfAProcessThatIsGone() {
    ask(FIRST, 4);
    ask(SECOND, 4);
    gone.add(SECOND.holder());
    giveBack(FIRST, 4);

    assertThat(granted).containsExactly("2: 4");
    assertThat(claims.isEmpty()).isTrue();
  }

  @Test
  void shouldGiveEachOfSeveralASlotInTurn() {
    ask(FIRST, 8);
    ask(SECOND, 4);
    granted.clear();
    for (int i = 0; i < 4; i++) {
      pass(Duration.ofMillis(1));
      giveBack(FIRST, 1);
    }

    assertThat(granted).allMatch(grant -> grant.endsWith(": 1")).hasSize(4).contains("3: 1");
  }

  @Test
  void shouldEndLeasesThatOthersWaitForOnceTheyLasted() {
    ask(FIRST, 4);
    ask(SECOND, 1);
    Granted busy = busy(FIRST, now);
    Granted unused = unused(FIRST, now);
    Granted drained = drained(FIRST, now);

    assertThat(claims.ending()).rejects(busy, unused);
    pass(Duration.ofNanos(1));
    assertThat(claims.ending()).rejects(busy, unused).accepts(drained);
    pass(LeaseTimes.NEW.plusMillis(1));
    assertThat(claims.ending()).rejects(busy).accepts(unused, drained);
    pass(LeaseTimes.QUANTUM);
    assertThat(claims.ending()).accepts(busy, unused, drained);
  }

  @Test
  void shouldNotEndLeasesThatHaveNothingOfWhatOthersWaitFor() {
    Claimant memory = claimant(4, Resources.of(Map.of(Resources.MEMORY, 10)));
    ask(FIRST, 1);
    ask(memory, 1);
    Claimant more = claimant(5, Resources.of(Map.of(Resources.CPU, 1, Resources.MEMORY, 10)));
    ask(more, 1);
    pass(LeaseTimes.QUANTUM.plusMillis(1));

    assertThat(claims.ending()).accepts(busy(memory, 0)).rejects(busy(FIRST, 0));
  }

  @Test
  void shouldNotEndLeasesOfTheOnlyOneThatWaits() {
    ask(FIRST, 5);
    pass(LeaseTimes.QUANTUM.plusMillis(1));

    assertThat(claims.ending()).rejects(busy(FIRST, 0), unused(FIRST, 0), drained(FIRST, 0));
  }

  @Test
  void shouldEndLeasesForWorkOfTheNodeItself() {
    ask(FIRST, 4);
    pass(LeaseTimes.QUANTUM.plusMillis(1));
    Granted lease = busy(FIRST, 0);
    assertThat(claims.ending()).rejects(lease);
    queue.submit(new Local(SECOND.shape()));

    assertThat(claims.ending()).accepts(lease);
  }

  /// A task that was submitted here.
  private record Local(Shape shape) implements AdmissionQueue.Work {
    @Override
    public boolean wanted() {
      return true;
    }

    @Override
    public long queuedNanos() {
      return 0;
    }

    @Override
    public void start() {
      throw new AssertionError("there is no room for it");
    }
  }
}
