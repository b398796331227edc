package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.WaitCycleException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The task or actor's call that a thread runs: its runtime, what it holds, and the tasks that it
/// submitted.
public final class CurrentCall {
  static final ScopedValue<CurrentCall> CURRENT = ScopedValue.newInstance();

  private final MantaRuntime runtime;
  private final TaskContext context;
  private final Resources held;
  private final Consumer<Boolean> waiting;
  private final Object key;
  private volatile @Nullable Set<Ref<?>> children;
  private int blocked;
  private @Nullable Thread waiter;
  private @Nullable WaitCycleException cycle;

  /// @param key finds it among those that wait: the task, or the actor with one call at a time
  /// @param held resources to give back while it waits for a value
  /// @param waiting is told true when they were given back, false before they are taken again
  CurrentCall(
      MantaRuntime runtime,
      TaskContext context,
      Object key,
      Resources held,
      Consumer<Boolean> waiting) {
    this.runtime = runtime;
    this.context = context;
    this.key = key;
    this.held = held;
    this.waiting = waiting;
  }

  /// @throws IllegalStateException outside of a task or call
  public static CurrentCall required() {
    if (!CURRENT.isBound()) {
      throw new IllegalStateException(
          "this thread runs neither a task nor an actor's call of Manta");
    }
    return CURRENT.get();
  }

  static @Nullable CurrentCall orNull() {
    return CURRENT.isBound() ? CURRENT.get() : null;
  }

  public Manta runtime() {
    return runtime;
  }

  public TaskContext context() {
    return context;
  }

  Object key() {
    return key;
  }

  /// As errors name it.
  String what() {
    return context
        .actor()
        .map(actor -> "a call on actor '" + context.name() + "' (" + actor + ")")
        .orElseGet(() -> Failed.task(context.name(), context.task()));
  }

  /// The thread of this call waits for a ref, until [#endWait].
  void beginWait(Ref<?> ref) {
    synchronized (this) {
      if (waiter != null) {
        return; // another thread of the same call waits too
      }
      waiter = Thread.currentThread();
    }
    runtime.cycles().begin(this, ref);
  }

  /// @return why the wait was ended, null when by itself
  @Nullable WaitCycleException endWait() {
    synchronized (this) {
      if (waiter != Thread.currentThread()) {
        return null;
      }
      runtime.cycles().end(this);
      waiter = null;
      WaitCycleException reason = cycle;
      cycle = null;
      if (reason != null) {
        Thread.interrupted();
      }
      return reason;
    }
  }

  /// Ends the wait with an error.
  synchronized void breakWait(WaitCycleException reason) {
    if (waiter != null && cycle == null) {
      cycle = reason;
      waiter.interrupt();
    }
  }

  /// To be called before waiting: what is held goes to others.
  void beforeWait() {
    if (!held.isEmpty()) {
      synchronized (this) {
        if (blocked++ > 0) {
          return;
        }
      }
      runtime.admission().giveBack(held);
      waiting.accept(true);
    }
  }

  /// To be called after waiting: blocks until the resources are held again.
  void afterWait() {
    if (!held.isEmpty()) {
      synchronized (this) {
        if (--blocked > 0) {
          return;
        }
      }
      waiting.accept(false);
      runtime.takeBlocking(held);
    }
  }

  void addChild(Ref<?> ref) {
    Set<Ref<?>> set = children;
    if (set == null) {
      synchronized (this) {
        set = children;
        if (set == null) {
          set = ConcurrentHashMap.newKeySet();
          children = set;
        }
      }
    }
    Set<Ref<?>> added = set;
    added.add(ref);
    ref.whenDone((value, failure) -> added.remove(ref));
  }

  void cancelChildren() {
    Set<Ref<?>> set = children;
    if (set != null) {
      set.forEach(Ref::cancel);
    }
  }
}
