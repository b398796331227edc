package io.manta.scheduler;

import io.manta.core.NodeId;
import java.util.Optional;

/// How many slots of one shape a process asks for, and when. What it asked for waits at nodes, so
/// it need not say it often: after [LeaseTimes#ASK], then each time after twice as long, up to
/// [LeaseTimes#MOST_ASK]. At once when much more waits than was asked for.
///
/// Not for use by several threads.
public final class LeaseDemand {
  private static final long ASK_NANOS = LeaseTimes.ASK.toNanos();
  private static final long MOST_ASK_NANOS = LeaseTimes.MOST_ASK.toNanos();
  private static final int MOST_ASKED = 1000;

  private final NodeId holder;
  private final Shape shape;
  private long askedNanos;
  private long againNanos = ASK_NANOS;
  private boolean asked;

  /// Of the slots that were asked for last, those that were not granted.
  private int outstanding;

  private boolean granted;

  /// Whether some of what was asked for may still wait at nodes.
  private boolean claims;

  /// @param holder the process
  public LeaseDemand(NodeId holder, Shape shape) {
    this.holder = holder;
    this.shape = shape;
  }

  /// Whether it is time to ask.
  public boolean isToAsk(long now) {
    return !asked || now - askedNanos > againNanos;
  }

  /// Asks.
  ///
  /// @param waiting how much work waits, more than none
  /// @param waitedNanos for how long the first of it has waited
  public LeaseRequest ask(int waiting, long waitedNanos, long now) {
    var request = new LeaseRequest(holder, shape, most(waiting), waitedNanos, asked && !granted);
    againNanos = asked ? Math.min(2 * againNanos, MOST_ASK_NANOS) : ASK_NANOS;
    asked = true;
    granted = false;
    claims = true;
    outstanding = request.slots();
    askedNanos = now;
    return request;
  }

  /// There may be room that is not claimed.
  public void askSoon() {
    againNanos = ASK_NANOS;
  }

  /// @param waiting how much work waits
  public void granted(int slots, int waiting) {
    granted = true;
    outstanding = Math.max(0, outstanding - slots);
    if (most(waiting) > 2 * outstanding) {
      asked = false; // more came since
    }
  }

  /// Nothing waits any more.
  ///
  /// @return what nodes are to be told, if they were asked
  public Optional<LeaseRequest> withdraw() {
    if (!claims) {
      return Optional.empty();
    }
    claims = false;
    asked = false; // what comes next is asked for at once
    return Optional.of(new LeaseRequest(holder, shape, 0, 0, false));
  }

  private static int most(int waiting) {
    return Math.min(waiting, MOST_ASKED);
  }
}
