package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.objects.StoredValue;
import io.manta.objects.ValueCodec;
import org.jspecify.annotations.Nullable;

/// One attempt of a task on this node: runs its closure on a virtual thread of its own.
final class Execution implements Carriers.Running {
  /// Where the outcome goes; called once, on the thread that ran the closure.
  interface Outcome {
    /// Whether somebody still waits for it; false once it was cancelled.
    boolean wanted();

    /// The resources can be given back; called before the outcome is told.
    ///
    /// @param ranNanos how long the closure ran
    void released(long ranNanos);

    void succeeded(StoredValue value);

    void failed(MantaException failure);
  }

  private final MantaRuntime runtime;
  private final ValueCodec codec;
  private final TaskContext context;
  private final Capture body;
  private final Resources held;
  private final Outcome outcome;
  private final Runnable over;
  private final long started = System.nanoTime();

  private @Nullable Thread thread;
  private boolean cancelled;
  private boolean finished;

  /// @param over called last, whatever happened
  Execution(
      MantaRuntime runtime,
      ValueCodec codec,
      TaskContext context,
      Capture body,
      Resources held,
      Outcome outcome,
      Runnable over) {
    this.runtime = runtime;
    this.codec = codec;
    this.context = context;
    this.body = body;
    this.held = held;
    this.outcome = outcome;
    this.over = over;
  }

  @Override
  public String what() {
    return "task '" + context.name() + "' (" + context.task() + ")";
  }

  @Override
  public boolean declaresCpu() {
    return held.units(Resources.CPU) > 0;
  }

  @Override
  public long startedNanos() {
    return started;
  }

  @Override
  public synchronized @Nullable Thread runningThread() {
    return finished ? null : thread;
  }

  boolean wanted() {
    return outcome.wanted();
  }

  synchronized boolean isFinished() {
    return finished;
  }

  TaskContext context() {
    return context;
  }

  /// Begins on a new virtual thread; called by the task's actor.
  void begin(Runnable actorOver) {
    Thread.ofVirtual().name(context.name()).start(() -> run(actorOver));
  }

  /// Interrupts it when it runs; otherwise it will not run its closure.
  synchronized void cancel() {
    cancelled = true;
    if (thread != null && !finished) {
      thread.interrupt();
    }
  }

  private synchronized boolean enter() {
    thread = Thread.currentThread();
    cancelled |= !outcome.wanted();
    return !cancelled;
  }

  private synchronized boolean leave() {
    finished = true;
    return cancelled;
  }

  private void run(Runnable actorOver) {
    runtime.carriers().entered(this);
    long entered = System.nanoTime();
    StoredValue value = null;
    MantaException failure = null;
    try {
      if (enter()) {
        value = StoredValue.of(callBody(), codec);
      }
    } catch (MantaException e) {
      failure =
          e instanceof io.manta.core.SerializationException
              ? Failed.withMessage(e, what() + " on " + context.node() + ": " + e.getMessage(), e)
              : Failed.byUser(what(), context.node(), e);
    } catch (Throwable e) {
      // Whatever user code throws, errors of the virtual machine too, fails this task alone.
      failure = Failed.byUser(what(), context.node(), e);
    }
    long ranNanos = System.nanoTime() - entered;
    boolean wasCancelled = leave();
    runtime.carriers().left(this);
    try {
      outcome.released(ranNanos);
      if (wasCancelled) {
        outcome.failed(Failed.cancelled(what()));
      } else if (failure != null) {
        outcome.failed(failure);
      } else if (value != null) {
        outcome.succeeded(value);
      }
    } finally {
      over.run();
      actorOver.run();
    }
  }

  private @Nullable Object callBody() throws Exception {
    var callable = (RemoteCallable<?>) body.open(codec);
    var call = new CurrentCall(runtime, context, held);
    try {
      return ScopedValue.where(CurrentCall.CURRENT, call).call(callable::call);
    } finally {
      if (cancelled) {
        call.cancelChildren();
      }
    }
  }
}
