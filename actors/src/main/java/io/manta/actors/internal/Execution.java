package io.manta.actors.internal;

import io.manta.actors.internal.memory.RunningTask;
import io.manta.core.CancelOptions;
import io.manta.core.Isolation;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.OutOfMemoryException;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteGenerator;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.objects.ValueCodec;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One attempt of a task on this node: runs its closure on a virtual thread of its own.
final class Execution implements Carriers.Running, RunningTask, ItemEmitter.Source {
  private static final Logger LOG = LoggerFactory.getLogger(Execution.class);

  /// Then others get the carrier.
  private static final int MOST_IN_ROW = 64;

  /// Where the outcome goes; called once, on the thread that ran the closure.
  interface Outcome {
    /// Whether somebody still waits for it; false once it was cancelled.
    boolean wanted();

    /// The resources are free; called before the outcome is told.
    ///
    /// @param ranNanos how long the closure ran, without the time in which others had its resources
    /// @return the next execution, which takes them over; null when they were given back
    @Nullable Execution released(long ranNanos);

    /// The closure waits for a value, and its resources went to others; or is about to take them
    /// again.
    default void waiting(boolean begins) {}

    /// A generator gave a value; in order, before the outcome.
    void item(long index, StoredValue value);

    void succeeded(StoredValue value);

    void failed(MantaException failure);
  }

  private final MantaRuntime runtime;
  private final Attempt attempt;
  private final ValueCodec codec;
  private final TaskContext context;
  private final Outcome outcome;
  private final Runnable over;

  private volatile long started = System.nanoTime();
  private @Nullable Thread thread;
  private boolean cancelled;
  private @Nullable MantaException endedBy;
  private CancelOptions cancelOptions = CancelOptions.defaults();
  private volatile @Nullable CurrentCall call;
  private boolean finished;
  private boolean told;
  private @Nullable Runnable watcher;

  /// Written by one wait after another.
  private long waitedNanos;

  private volatile @Nullable ItemEmitter emitter;
  private @Nullable ChildRun childRun;

  /// @param over called last, whatever happened
  Execution(MantaRuntime runtime, Attempt attempt, Outcome outcome, Runnable over) {
    this.runtime = runtime;
    this.attempt = attempt;
    this.codec = attempt.codec();
    this.context = attempt.context();
    this.outcome = outcome;
    this.over = over;
  }

  @Override
  public String what() {
    return Failed.task(context.name(), context.task());
  }

  @Override
  public boolean declaresCpu() {
    return attempt.held().includes(Resources.CPU);
  }

  @Override
  public long startedNanos() {
    return started;
  }

  @Override
  public synchronized @Nullable Thread runningThread() {
    return finished ? null : thread;
  }

  TaskContext context() {
    return context;
  }

  @Override
  public NodeId owner() {
    return context.task().owner();
  }

  @Override
  public boolean retriable() {
    return attempt.retriable();
  }

  @Override
  public boolean isolated() {
    return attempt.setting().isolation().isPresent();
  }

  @Override
  public synchronized boolean isOver() {
    return finished;
  }

  @Override
  public void fail(OutOfMemoryException reason) {
    end(reason);
  }

  Resources held() {
    return attempt.held();
  }

  /// Ends it, and has it fail with that.
  void end(MantaException reason) {
    synchronized (this) {
      endedBy = reason;
    }
    cancel(CancelOptions.defaults().withForce(true));
  }

  /// Whether it runs and nobody wants it to end.
  synchronized boolean isUnderWay() {
    return thread != null && !finished && !cancelled;
  }

  /// Whether it runs or is about to; not while it waits for a value, or when it was cancelled and
  /// perhaps does not heed it.
  boolean isBusy() {
    CurrentCall running = call;
    return !isOver() && !isCancelled() && (running == null || !running.isWaiting());
  }

  /// Begins on a new virtual thread; called by the task's actor.
  void begin() {
    try {
      runtime.thread(context.name()).start(this::runAndGoOn);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      String message = what() + " did not begin on " + context.node() + ", for want of memory";
      Execution next = conclude(null, new OutOfMemoryException(message), 0);
      if (next != null) {
        runtime.tasks().start(next);
      }
    }
  }

  /// Tells the task's actor when it is over, at once if it is already.
  void watchedBy(Runnable actorOver) {
    synchronized (this) {
      if (!told) {
        watcher = actorOver;
        return;
      }
    }
    actorOver.run();
  }

  /// Interrupts it when it runs; otherwise it will not run its closure. What it submitted is
  /// cancelled at once, as the options say.
  void cancel(CancelOptions options) {
    ChildRun inProcess;
    synchronized (this) {
      cancelled = true;
      cancelOptions = options;
      inProcess = childRun;
      if (thread != null && !finished) {
        thread.interrupt();
      }
    }
    if (inProcess != null) {
      inProcess.cancel(options.force());
    }
    cancelChildren();
  }

  private void cancelChildren() {
    CurrentCall parent = call;
    CancelOptions options = cancelOptions();
    if (parent != null && options.recursive()) {
      parent.cancelChildren(options);
    }
  }

  private synchronized CancelOptions cancelOptions() {
    return cancelOptions;
  }

  @Override
  public synchronized boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void item(long index, StoredValue value) {
    outcome.item(index, value);
  }

  /// A generator may give so many values in all.
  void mayGive(long values) {
    ItemEmitter giving = emitter;
    if (giving != null) {
      giving.mayGive(values);
    }
  }

  private synchronized boolean enter() {
    started = System.nanoTime();
    thread = Thread.currentThread();
    cancelled |= runtime.isClosed() || !outcome.wanted();
    return !cancelled;
  }

  /// @return what it failed with, whatever its closure made of the interrupt; null when it was not
  ///   cancelled
  private synchronized @Nullable MantaException leave() {
    finished = true;
    Thread.interrupted(); // must not leak into the next task on this thread
    if (endedBy != null) {
      return endedBy;
    }
    return cancelled ? Failed.cancelled(what()) : null;
  }

  /// Runs this, and then on the same thread what takes over its resources: two hops less for each.
  private void runAndGoOn() {
    Execution next = this;
    for (int inRow = 0; next != null; inRow++) {
      if (inRow == MOST_IN_ROW) {
        runtime.tasks().start(next);
        return;
      }
      if (next != this) {
        runtime.tasks().started(next);
      }
      next = next.run();
    }
  }

  private @Nullable Execution run() {
    long entered = System.nanoTime();
    StoredValue value = null;
    MantaException failure = null;
    try {
      runtime.carriers().entered(this);
      if (enter()) {
        value = callBody();
      }
    } catch (Ended e) {
      failure = e.failure;
    } catch (Throwable e) {
      // Whatever user code throws, errors of the virtual machine too, fails this task alone.
      failure = Failed.of(what(), context.node(), e);
    }
    return conclude(value, failure, System.nanoTime() - entered - waitedNanos);
  }

  /// Gives back what it held, and tells how it ended.
  ///
  /// @return what takes over its resources; null when they were given back
  private @Nullable Execution conclude(
      @Nullable StoredValue value, @Nullable MantaException failure, long ranNanos) {
    MantaException ended = leave();
    runtime.carriers().left(this);
    Execution next = null;
    try {
      runtime.admission().ledger().unusedGpus(attempt.held(), context.gpus());
      next = outcome.released(ranNanos);
    } catch (Throwable e) {
      runtime.fatal("what follows on " + what(), e); // something else may never begin
    }
    try {
      if (ended != null) {
        outcome.failed(ended);
      } else if (failure != null) {
        outcome.failed(failure);
      } else if (value != null) {
        outcome.succeeded(value);
      }
    } catch (Throwable e) {
      if (!(e instanceof MantaException)) {
        LOG.warn("the outcome of {} could not be told", what(), e);
      }
      tellFailure(e);
    }
    tellActor();
    return next;
  }

  private void tellFailure(Throwable cause) {
    try {
      outcome.failed(Failed.of(what(), context.node(), cause));
    } catch (Throwable again) {
      runtime.fatal("telling the outcome of " + what(), again); // somebody waits for it
    }
  }

  private void tellActor() {
    over.run();
    Runnable actorOver;
    synchronized (this) {
      told = true;
      actorOver = watcher;
    }
    if (actorOver != null) {
      actorOver.run();
    }
  }

  private StoredValue callBody() throws Exception {
    var current =
        new CurrentCall(
            runtime, context, context.task(), holding(), attempt.setting(), attempt.body()::shares);
    call = current;
    try {
      return ScopedValue.where(CurrentCall.CURRENT, current)
          .call(
              () ->
                  attempt.setting().isolation().isPresent()
                      ? runInProcess(current, attempt.setting().isolation().get())
                      : runHere());
    } finally {
      if (isCancelled()) {
        cancelChildren(); // those too that it submitted since
      }
    }
  }

  private StoredValue runHere() throws Exception {
    Thread.currentThread().setContextClassLoader(codec.classes().loader());
    runtime.startUps().run(context.job(), attempt.setting().startUp(), codec);
    return runtime.objects().store(run(attempt.body().open(codec, runtime.objects())), codec);
  }

  /// Gpus are kept while it waits: what it has in their memory stays there.
  private CurrentCall.Holding holding() {
    Resources held = attempt.held().without(Resources.GPU);
    return held.isEmpty()
        ? CurrentCall.Holding.NOTHING
        : new CurrentCall.Holding() {
          private long since;

          @Override
          public void giveBack(Optional<Ref<?>> awaited) {
            since = System.nanoTime();
            runtime.admission().giveBack(context.job(), held);
            outcome.waiting(true);
          }

          @Override
          public void takeAgain() {
            outcome.waiting(false);
            runtime.takeBlocking(context.job(), held);
            waitedNanos += System.nanoTime() - since;
          }
        };
  }

  private ItemEmitter emitter() {
    var giving = new ItemEmitter(this, runtime.objects(), codec, attempt.itemLimit());
    emitter = giving;
    return giving;
  }

  @SuppressWarnings("unchecked")
  private @Nullable Object run(Object closure) throws Exception {
    if (closure instanceof RemoteGenerator<?> generator) {
      ((RemoteGenerator<@Nullable Object>) generator).run(emitter());
      return null;
    }
    return ((RemoteCallable<?>) closure).call();
  }

  /// A task ended with a failure that is not of its code.
  private static final class Ended extends Exception {
    private static final long serialVersionUID = 1;
    private final MantaException failure;

    Ended(MantaException failure) {
      super(failure);
      this.failure = failure;
    }
  }

  private StoredValue runInProcess(CurrentCall current, Isolation isolation) throws Ended {
    Payload body = runtime.objects().closureInArray(attempt.body().encoded(codec), what());
    var run = new ChildRun(runtime, current, codec, body, emitter());
    synchronized (this) {
      childRun = run;
      if (cancelled) {
        throw new Ended(Failed.cancelled(what()));
      }
    }
    runtime.children().start(new ChildProcess.Key(context.job(), isolation, context.gpus()), run);
    Message.Result result;
    try {
      result = run.outcome().join(); // a cancel goes to the process, which ends the wait
    } catch (CompletionException e) {
      throw new Ended(Failed.bySystem(e));
    }
    if (!result.failed()) {
      return result.payload();
    }
    throw new Ended(result.failure(codec));
  }
}
