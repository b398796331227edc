package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
  private static final long MILLI = 1_000_000;
  private static final JobId JOB = new JobId(new NodeId(1));
  private static final Shape ONE = Shape.of(JOB, Resources.cpus(1));
  private static final Shape FOUR = Shape.of(JOB, Resources.cpus(4));

  private final AtomicLong clock = new AtomicLong();
  private final List<Piece> started = new ArrayList<>();

  /// Work of a driver, which waits for a lease.
  private final AdmissionQueue<Piece> driver = queue(Resources.NONE, shape -> false);

  private final AdmissionQueue<Piece> node = queue(Resources.cpus(4), shape -> true);

  private AdmissionQueue<Piece> queue(Resources total, Predicate<Shape> admits) {
    return new AdmissionQueue<>(new NodeId(1), Map::of, new Ledger(total), admits, clock::get);
  }

  private final class Piece implements AdmissionQueue.Work {
    private final Shape shape;
    private final long queuedNanos = clock.get();
    private boolean wanted = true;

    Piece(Shape shape) {
      this.shape = shape;
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public boolean wanted() {
      return wanted;
    }

    @Override
    public long queuedNanos() {
      return queuedNanos;
    }

    @Override
    public void start() {
      started.add(this);
    }
  }

  private static final Resources QUOTA = Resources.cpus(3);
  private static final Shape LIMITED =
      new Shape(JOB, Resources.cpus(1), Scheduling.defaults(), QUOTA);
  private static final Shape LARGE =
      new Shape(JOB, Resources.cpus(2), Scheduling.defaults(), QUOTA);
  private static final Shape OTHERS = Shape.of(new JobId(new NodeId(2)), Resources.cpus(1));

  private final QuotaShares shares = new QuotaShares(job -> false, job -> {}, clock::get);
  private final JobQuota quota = new JobQuota(QUOTA, clock::get);
  private final AdmissionQueue<Piece> limited =
      new AdmissionQueue<>(
          new NodeId(1), Map::of, new Ledger(Resources.cpus(4)), shape -> true, shares, clock::get);

  /// The job's own process hears what the node has and wants, and grants what it can.
  private void quotaIsAsked() {
    QuotaShare share = shares.find(JOB);
    for (JobQuota.Told told : quota.reported(new NodeId(1), share.report())) {
      if (told.to().equals(new NodeId(1)) && share.answered(told.answer())) {
        limited.resourcesFreed();
        quota.reported(new NodeId(1), share.report());
      }
    }
  }

  /// Another process has so much of the quota.
  private void othersHave(int cpus) {
    quota.reported(
        new NodeId(2), new QuotaShare.Report(0, Resources.cpus(cpus), Resources.NONE, List.of()));
  }

  private void ends(Piece piece) {
    started.remove(piece);
    Piece next = limited.finished(piece.shape);
    if (next != null) {
      started.add(next);
    }
  }

  @Test
  void shouldStartNoMoreThanTheQuotaOfItsJob() {
    for (int i = 0; i < 5; i++) {
      submitted(limited, LIMITED);
    }
    assertThat(started).as("nothing was granted yet").isEmpty();
    quotaIsAsked();
    assertThat(started).hasSize(3);
    assertThat(limited.ledger().available().cpus()).isEqualTo(1);

    ends(started.getFirst());
    assertThat(started).as("the next takes over").hasSize(3);
    assertThat(quota.usage().inUse()).isEqualTo(QUOTA);
  }

  @Test
  void shouldHoldNothingForALineThatItsQuotaStops() {
    othersHave(2);
    Piece large = submitted(limited, LARGE);
    quotaIsAsked();
    passes(1000);
    limited.resourcesFreed();
    assertThat(limited.isStopped(LARGE)).isTrue();
    assertThat(limited.waitingForRoom()).isEmpty();
    for (int i = 0; i < 4; i++) {
      submitted(limited, OTHERS);
    }
    assertThat(started).as("the whole node is others'").hasSize(4).doesNotContain(large);

    othersHave(0);
    quotaIsAsked();
    limited.resourcesFreed();
    assertThat(limited.isStopped(LARGE)).isFalse();
    List.copyOf(started).forEach(this::ends);
    quotaIsAsked();
    assertThat(started).containsExactly(large);
  }

  @Test
  void shouldLetOthersGoOnWhileATaskWaitsForItsPartOfTheQuota() {
    Piece parent = submitted(limited, LIMITED);
    quotaIsAsked();
    assertThat(started).containsExactly(parent);
    limited.giveBack(JOB, LIMITED.resources()); // it waits for a value
    passes(200);
    shares.find(JOB).tick();
    othersHave(3);
    quotaIsAsked();

    var back = limited.take(JOB, LIMITED.resources());
    assertThat(back.getCount()).isEqualTo(1);
    assertThat(limited.hasReturning()).as("it does not wait for room").isFalse();
    Piece other = submitted(limited, OTHERS);
    assertThat(started).contains(other);
    submitted(limited, LIMITED);

    othersHave(0);
    quotaIsAsked();
    assertThat(back.getCount()).as("first").isZero();
  }

  @Test
  void shouldNotHandOverWhatAnotherProcessHasWaitedForForLong() {
    for (int i = 0; i < 6; i++) {
      submitted(limited, LIMITED);
    }
    quotaIsAsked();
    assertThat(started).hasSize(3);
    var wish = new QuotaShare.Wish(Resources.cpus(1), 1, MILLI, false);
    quota.reported(
        new NodeId(2), new QuotaShare.Report(0, Resources.NONE, Resources.NONE, List.of(wish)));
    quotaIsAsked();
    ends(started.getFirst());
    assertThat(started).as("it has had them for a moment only").hasSize(3);
    passes(201);
    ends(started.getFirst());

    assertThat(started).hasSize(2);
    quotaIsAsked();
    assertThat(started).hasSize(2);
    assertThat(quota.usage().inUse()).as("the other has one").isEqualTo(QUOTA);
  }

  private Piece submitted(AdmissionQueue<Piece> queue, Shape shape) {
    var piece = new Piece(shape);
    queue.submit(piece);
    return piece;
  }

  /// The first that runs is over, and what takes over begins.
  private void oneEnds() {
    Piece next = node.finished(started.removeFirst().shape);
    if (next != null) {
      started.add(next);
    }
  }

  private void passes(long millis) {
    clock.addAndGet(millis * MILLI);
  }

  @Test
  void shouldShowTheWorkThatIsNextToBeTakenWhenTheOneBeforeWasCancelled() {
    Piece cancelled = submitted(driver, ONE);
    Piece next = submitted(driver, ONE);
    cancelled.wanted = false;

    assertThat(driver.peek(ONE)).isSameAs(next);
    assertThat(driver.poll(ONE)).isSameAs(next);
    assertThat(driver.peek(ONE)).isNull();
  }

  @Test
  void shouldStartNothingWhileItsNodeDoesNotAdmit() {
    var admits = new AtomicBoolean();
    AdmissionQueue<Piece> ofANode = queue(Resources.cpus(1), shape -> admits.get());
    Piece piece = submitted(ofANode, ONE);
    assertThat(ofANode.waiting(ONE)).isEqualTo(1);
    assertThat(ofANode.take(JOB, ONE.resources()).getCount()).isZero(); // back from a wait

    assertThat(ofANode.finished(ONE)).isNull();
    assertThat(ofANode.ledger().available()).isEqualTo(ofANode.ledger().total());
    assertThat(started).isEmpty();

    admits.set(true);
    ofANode.resourcesFreed();
    assertThat(started).containsExactly(piece);
  }

  @Test
  void shouldStartNothingOnceItIsClosed() {
    AdmissionQueue<Piece> ofANode = queue(Resources.cpus(1), shape -> true);
    assertThat(ofANode.tryTake(ONE)).isTrue();
    Piece piece = submitted(ofANode, ONE);

    ofANode.close();

    assertThat(ofANode.finished(ONE)).isNull();
    assertThat(ofANode.poll(ONE)).isSameAs(piece);
  }

  @Test
  void shouldHoldWhatBecomesFreeForTheOneThatWaitsLongest() {
    for (int i = 0; i < 4; i++) {
      submitted(node, ONE);
    }
    Piece large = submitted(node, FOUR);
    for (int i = 0; i < 8; i++) {
      submitted(node, ONE);
    }

    passes(1);
    oneEnds();
    assertThat(started).as("too early to hold").hasSize(4).doesNotContain(large);
    passes(30);
    for (int i = 0; i < 4; i++) {
      oneEnds();
      submitted(node, ONE);
    }

    assertThat(started).containsExactly(large);
    oneEnds();
    assertThat(started).as("then the others go on").hasSize(4).doesNotContain(large);
  }

  @Test
  void shouldHoldNothingOfResourcesThatItDoesNotAskFor() {
    AdmissionQueue<Piece> queue = queue(Resources.cpus(1).with("licence", 1), shape -> true);
    submitted(queue, ONE);
    submitted(queue, ONE);
    passes(100);
    queue.resourcesFreed();

    Piece other = submitted(queue, Shape.of(JOB, Resources.NONE.with("licence", 1)));

    assertThat(started).contains(other);
  }

  @Test
  void shouldHoldNothingForWhatActorsKeep() {
    node.settle(JOB, Resources.cpus(1));
    assertThat(node.tryTake(ONE)).isTrue();
    submitted(node, FOUR);
    passes(1000);
    node.resourcesFreed();

    Piece small = submitted(node, ONE);

    assertThat(started).containsExactly(small);
  }

  @Test
  void shouldHoldNothingForWhatWasCancelled() {
    submitted(node, ONE);
    Piece large = submitted(node, FOUR);
    passes(1000);
    node.resourcesFreed();
    Piece held = submitted(node, ONE);
    assertThat(started).doesNotContain(held);

    large.wanted = false;
    Piece free = submitted(node, ONE);

    assertThat(started).contains(held, free);
  }

  @Test
  void shouldStartWhatHasPriorityFirstAndWhatHasNoneBeforeLong() {
    var urgent = new Shape(JOB, ONE.resources(), Scheduling.defaults().withPriority(5));
    for (int i = 0; i < 4; i++) {
      submitted(node, urgent);
    }
    Piece low = submitted(node, ONE);
    int ended = 0;
    while (!started.contains(low) && ended < 1000) {
      submitted(node, urgent);
      passes(10);
      oneEnds();
      ended++;
    }

    assertThat(ended).isBetween(490, 510);
  }

  @Test
  void shouldGiveJobsEqualSharesHoweverMuchOneHasQueued() {
    Shape other = Shape.of(new JobId(new NodeId(2)), Resources.cpus(1));
    for (int i = 0; i < 1000; i++) {
      submitted(node, ONE);
    }
    passes(100);
    for (int i = 0; i < 100; i++) {
      submitted(node, other);
    }
    for (int i = 0; i < 50; i++) {
      passes(100);
      oneEnds();
    }

    assertThat(started).extracting(piece -> piece.shape).containsOnly(ONE, other);
    assertThat(started.stream().filter(piece -> piece.shape.equals(other))).hasSize(2);
  }

  @Test
  void shouldLetShapesOfAJobTakeTurns() {
    Shape half = Shape.of(JOB, Resources.cpus(0.5));
    for (int i = 0; i < 100; i++) {
      submitted(node, ONE);
    }
    for (int i = 0; i < 100; i++) {
      submitted(node, half);
    }
    for (int i = 0; i < 40; i++) {
      passes(10);
      oneEnds();
    }

    assertThat(node.waiting(ONE)).isLessThan(90);
    assertThat(node.waiting(half)).isLessThan(90);
  }

  @Test
  void shouldForgetShapesThatNobodyUses() {
    for (int i = 1; i < 1000; i++) {
      submitted(node, Shape.of(JOB, Resources.cpus(i / 1000.0)));
      node.finished(started.removeFirst().shape);
      passes(1000);
    }

    assertThat(node.lines()).isLessThan(100);
  }
}
