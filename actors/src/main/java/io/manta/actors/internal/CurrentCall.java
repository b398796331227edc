package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.core.CancelOptions;
import io.manta.core.TaskContext;
import io.manta.core.WaitCycleException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/// The task or actor's call that a thread runs: its runtime, what it holds, and the tasks that it
/// submitted.
public final class CurrentCall {
  static final ScopedValue<CurrentCall> CURRENT = ScopedValue.newInstance();

  private final MantaRuntime runtime;
  private final TaskContext context;

  /// What the task or call holds, and gives to others while it waits.
  interface Holding {
    Holding NOTHING =
        new Holding() {
          @Override
          public void giveBack(Optional<Ref<?>> awaited) {}

          @Override
          public void takeAgain() {}
        };

    /// @param awaited what the wait is for, when it is a ref and for as long as it takes
    void giveBack(Optional<Ref<?>> awaited);

    /// Blocks until it is held again.
    void takeAgain();

    /// Whether it is to be told of each wait, also of those in a row.
    default boolean tellsWaitsApart() {
      return false;
    }
  }

  private final Holding held;
  private final Setting setting;
  private final Object key;
  private final Predicate<Ref<?>> borrows;
  private volatile @Nullable Set<Ref<?>> children;
  private int blocked;
  private @Nullable Thread waiter;
  private @Nullable Ref<?> awaited;
  private @Nullable WaitCycleException cycle;

  /// @param key finds it among those that wait: the task, or the actor with one call at a time
  /// @param held given back while it waits for a value
  /// @param setting what tasks that it submits and actors that it creates inherit
  /// @param borrows whether a ref is another's, so that it can't be closed here
  CurrentCall(
      MantaRuntime runtime,
      TaskContext context,
      Object key,
      Holding held,
      Setting setting,
      Predicate<Ref<?>> borrows) {
    this.borrows = borrows;
    this.setting = setting;
    this.runtime = runtime;
    this.context = context;
    this.key = key;
    this.held = held;
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

  /// Of the task or call.
  public Logger logger() {
    return new TaskLogger(runtime.submissions()::log, context);
  }

  Setting setting() {
    return setting;
  }

  /// Whether a ref is that of who submitted this, in this process.
  boolean borrows(Ref<?> ref) {
    return borrows.test(ref);
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
      awaited = ref;
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
      awaited = null;
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
    Optional<Ref<?>> ref;
    synchronized (this) {
      if (blocked++ > 0) {
        return;
      }
      ref = Optional.ofNullable(awaited);
    }
    held.giveBack(ref);
  }

  /// To be called before several waits in a row: what is held goes to others until the last one is
  /// over.
  ///
  /// @return whether that is so, and [#afterWait] to be called
  boolean beforeWaits() {
    if (held.tellsWaitsApart()) {
      return false;
    }
    beforeWait();
    return true;
  }

  /// To be called after waiting: blocks until the resources are held again.
  void afterWait() {
    synchronized (this) {
      if (--blocked > 0) {
        return;
      }
    }
    held.takeAgain();
  }

  /// Whether it waits for a value.
  synchronized boolean isWaiting() {
    return blocked > 0;
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

  void cancelChildren(CancelOptions options) {
    Set<Ref<?>> set = children;
    if (set != null) {
      set.forEach(child -> child.cancel(options));
    }
  }
}
