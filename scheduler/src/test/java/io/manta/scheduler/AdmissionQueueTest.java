package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class AdmissionQueueTest {
  private static final Shape SHAPE = Shape.of(Resources.cpus(1));

  /// Work of a driver, which waits for a lease.
  private final AdmissionQueue<Piece> queue =
      new AdmissionQueue<>(new NodeId(1), Map.of(), new Ledger(Resources.NONE), shape -> false);

  private static final class Piece implements AdmissionQueue.Work {
    private boolean wanted = true;

    @Override
    public Shape shape() {
      return SHAPE;
    }

    @Override
    public boolean wanted() {
      return wanted;
    }

    @Override
    public long queuedNanos() {
      return 0;
    }

    @Override
    public void start() {
      throw new AssertionError("nothing is to start");
    }
  }

  private Piece submitted() {
    var piece = new Piece();
    queue.submit(piece);
    return piece;
  }

  @Test
  void shouldShowTheWorkThatIsNextToBeTakenWhenTheOneBeforeWasCancelled() {
    Piece cancelled = submitted();
    Piece next = submitted();
    cancelled.wanted = false;

    assertThat(queue.peek(SHAPE)).isSameAs(next);
    assertThat(queue.poll(SHAPE)).isSameAs(next);
    assertThat(queue.peek(SHAPE)).isNull();
  }

  @Test
  void shouldStartNothingWhileItsNodeDoesNotAdmit() {
    var admits = new AtomicBoolean();
    var ledger = new Ledger(Resources.cpus(1));
    var ofANode = new AdmissionQueue<Piece>(new NodeId(1), Map.of(), ledger, shape -> admits.get());
    var piece = new Piece();
    ofANode.submit(piece);
    assertThat(ofANode.waiting(SHAPE)).isEqualTo(1);
    assertThat(ofANode.take(SHAPE.resources()).getCount()).isZero(); // back from a wait

    assertThat(ofANode.finished(SHAPE)).isNull();
    assertThat(ledger.available()).isEqualTo(ledger.total());

    admits.set(true);
    assertThatThrownBy(ofANode::resourcesFreed).hasMessage("nothing is to start");
  }

  @Test
  void shouldStartNothingOnceItIsClosed() {
    var ofANode =
        new AdmissionQueue<Piece>(new NodeId(1), Map.of(), new Ledger(Resources.cpus(1)), shape -> true);
    assertThat(ofANode.ledger().tryTake(SHAPE.resources())).isTrue();
    var piece = new Piece();
    ofANode.submit(piece);

    ofANode.close();

    assertThat(ofANode.finished(SHAPE)).isNull();
    assertThat(ofANode.poll(SHAPE)).isSameAs(piece);
  }
}
