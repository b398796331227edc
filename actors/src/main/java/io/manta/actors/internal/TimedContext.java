package io.manta.actors.internal;

import io.manta.actors.RemoteActor;
import io.manta.actors.TimeSource;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The context of one incarnation with its timers, wherever it lives.
abstract class TimedContext<A extends RemoteActor> implements OwnContext<A> {
  private volatile @Nullable Set<DueAction> timers;

  abstract TimeSource time();

  /// Runs an action as a call of the actor.
  ///
  /// @param afterwards called when it was run, and when the actor is dead
  abstract void run(Action action, Runnable afterwards);

  /// Whether the incarnation ends, or has ended.
  abstract boolean isEnding();

  /// An action that waits for its time.
  private final class DueAction implements Timer {
    private final Action action;
    private final Duration period;
    private final boolean repeats;
    private boolean cancelled;
    private Runnable unschedule = () -> {};

    DueAction(Action action, Duration period, boolean repeats) {
      this.action = action;
      this.period = period;
      this.repeats = repeats;
    }

    synchronized void schedule() {
      if (!cancelled) {
        unschedule = time().schedule(period, () -> run(this::runOnce, this::afterwards));
      }
    }

    private void runOnce() throws Exception {
      synchronized (this) {
        if (cancelled) {
          return;
        }
      }
      action.run();
    }

    private void afterwards() {
      if (repeats && !isEnding()) {
        schedule();
      } else {
        timers().remove(this);
      }
    }

    @Override
    public void cancel() {
      synchronized (this) {
        cancelled = true;
        unschedule.run();
      }
      timers().remove(this);
    }
  }

  private Set<DueAction> timers() {
    Set<DueAction> known = timers;
    if (known == null) {
      synchronized (this) {
        known = timers;
        if (known == null) {
          known = ConcurrentHashMap.newKeySet();
          timers = known;
        }
      }
    }
    return known;
  }

  /// The incarnation is over.
  final void close() {
    Set<DueAction> known = timers;
    if (known != null) {
      known.forEach(DueAction::cancel);
    }
  }

  @Override
  public final Timer after(Duration delay, Action action) {
    Arguments.given(delay, "delay", "how long to wait");
    if (delay.isNegative()) {
      throw new IllegalArgumentException("a delay of " + delay + " must be 0 or more");
    }
    return timer(delay, action, false);
  }

  @Override
  public final Timer every(Duration period, Action action) {
    Arguments.given(period, "period", "how long to wait each time");
    if (!period.isPositive()) {
      throw new IllegalArgumentException("a period of " + period + " must be more than 0");
    }
    return timer(period, action, true);
  }

  private Timer timer(Duration period, Action action, boolean repeats) {
    Arguments.given(action, "action", "what the actor is to do then");
    var due = new DueAction(action, period, repeats);
    timers().add(due);
    due.schedule();
    if (isOver()) {
      due.cancel();
    }
    return due;
  }

  /// Whether the incarnation has ended.
  abstract boolean isOver();
}
