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
  private static final Claimant FIRST = claimant(2);
  private static final Claimant SECOND = claimant(3);

  private long now;
  private int most = 100;
  private final Set<NodeId> gone = new HashSet<>();
  private final List<String> granted = new ArrayList<>();
  private final AdmissionQueue<AdmissionQueue.Work> queue =
      new AdmissionQueue<>(HERE, Map::of, new Ledger(Resources.cpus(4)), shape -> true, () -> now);
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

  private record Granted(Claimant claimant, long grantedNanos, boolean isIdle)
      implements LeaseClaims.Lease {}

  private static Claimant claimant(long holder) {
    var node = new NodeId(holder);
    return new Claimant(node, Shape.of(new JobId(node), ONE));
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
    assertThat(queue.ledger().available()).isEqualTo(ONE);
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
    var busy = new Granted(FIRST, now, false);
    var idle = new Granted(FIRST, now, true);

    assertThat(claims.ending()).rejects(busy, idle);
    pass(LeaseTimes.NEW.plusMillis(1));
    assertThat(claims.ending()).rejects(busy).accepts(idle);
    pass(LeaseTimes.QUANTUM);
    assertThat(claims.ending()).accepts(busy, idle);
  }

  @Test
  void shouldNotEndLeasesOfTheOnlyOneThatWaits() {
    ask(FIRST, 5);
    pass(LeaseTimes.QUANTUM.plusMillis(1));

    assertThat(claims.ending()).rejects(new Granted(FIRST, 0, false), new Granted(FIRST, 0, true));
  }

  @Test
  void shouldEndLeasesForWorkOfTheNodeItself() {
    ask(FIRST, 4);
    pass(LeaseTimes.QUANTUM.plusMillis(1));
    var lease = new Granted(FIRST, 0, false);
    assertThat(claims.ending()).rejects(lease);
    queue.submit(new Local(SECOND.shape()));

    assertThat(claims.ending()).accepts(lease);
  }

  @Test
  void shouldNotEndLeasesForWhatCanNotBeginWhenTheyHave() {
    ask(FIRST, 2);
    assertThat(queue.tryTake(SECOND.shape())).isTrue();
    queue.settle(SECOND.shape().job(), ONE); // as for an actor
    ask(new Claimant(SECOND.holder(), Shape.of(SECOND.shape().job(), Resources.cpus(4))), 1);
    pass(LeaseTimes.QUANTUM.plusMillis(1));
    var lease = new Granted(FIRST, 0, false);
    assertThat(claims.ending()).rejects(lease);
    queue.unsettle(SECOND.shape().job(), ONE);

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
