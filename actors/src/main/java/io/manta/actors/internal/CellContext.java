package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorId;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// The context of one incarnation, and its timers.
final class CellContext<A extends RemoteActor> implements OwnContext<A> {
  private final MantaRuntime runtime;
  private final ActorCell cell;
  private volatile @Nullable Set<DueAction> timers;

  CellContext(MantaRuntime runtime, ActorCell cell) {
    this.runtime = runtime;
    this.cell = cell;
  }

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
        unschedule = runtime.time().schedule(period, this::due);
      }
    }

    private void due() {
      cell.enqueue(new OwnAction(cell, this::runOnce, this::afterwards));
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
      if (repeats && !cell.isStopping()) {
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

  @Override
  public void stop() {
    cell.endsItself(false);
  }

  /// The incarnation is over.
  void close() {
    Set<DueAction> known = timers;
    if (known != null) {
      known.forEach(DueAction::cancel);
    }
  }

  private Timer timer(Duration period, Action action, boolean repeats) {
    if (period.isNegative() || (repeats && period.isZero())) {
      throw new IllegalArgumentException(
          "a %s of %s is too short".formatted(repeats ? "period" : "delay", period));
    }
    var due = new DueAction(action, period, repeats);
    timers().add(due);
    due.schedule();
    if (cell.isDead()) {
      due.cancel();
    }
    return due;
  }

  @Override
  public Manta manta() {
    return runtime;
  }

  @Override
  public ActorHandle<A> self() {
    return new Handle<>(cell.spec().id(), runtime);
  }

  @Override
  public ActorId id() {
    return cell.spec().id();
  }

  @Override
  public NodeId node() {
    return runtime.id();
  }

  @Override
  public int incarnation() {
    return cell.spec().incarnation();
  }

  @Override
  public Timer after(Duration delay, Action action) {
    return timer(delay, action, false);
  }

  @Override
  public Timer every(Duration period, Action action) {
    return timer(period, action, true);
  }

  @Override
  public Executor executor() {
    return command -> cell.enqueue(new OwnAction(cell, command::run, () -> {}));
  }

  @Override
  public void exit() {
    cell.endsItself(true);
  }
}
