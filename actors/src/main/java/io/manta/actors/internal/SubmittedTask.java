package io.manta.actors.internal;

import io.manta.core.Backoff;
import io.manta.core.CancelOptions;
import io.manta.core.IsolatedProcessDiedException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.OutOfMemoryException;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.TaskFailedException;
import io.manta.core.TaskId;
import io.manta.core.TaskOptions;
import io.manta.core.TaskTimeoutException;
import io.manta.objects.UnknownThrowable;
import io.manta.objects.ValueCodec;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Shape;
import io.manta.sharding.Safeguard;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A task in the process that owns it, through all its attempts.
final class SubmittedTask implements AdmissionQueue.Work, Ref.Source, Execution.Outcome {
  /// As in Ray, between attempts that a node ended for want of memory.
  private static final Backoff OUT_OF_MEMORY =
      new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(60));

  private final MantaRuntime runtime;
  private final TaskOptions options;
  private final Shape shape;
  private final Capture body;
  private final Ref<?> ref;
  private final JobId job;
  private final ValueCodec codec;
  private final Setting setting;
  private volatile @Nullable Items items;
  private volatile int attempt;
  private volatile boolean queued;
  private volatile Backlog.@Nullable Closure closure;
  private volatile long queuedNanos;
  private volatile boolean backingOff;
  private volatile @Nullable NodeId runsOn;

  SubmittedTask(MantaRuntime runtime, TaskOptions options, Capture body, Ref<?> ref) {
    this(
        runtime,
        options,
        body,
        ref,
        runtime.currentJob(),
        Setting.of(options, runtime, runtime.currentCodec()),
        1);
  }

  /// @param attempt the number of its first one
  SubmittedTask(
      MantaRuntime runtime,
      TaskOptions options,
      Capture body,
      Ref<?> ref,
      JobId job,
      Setting setting,
      int attempt) {
    this.runtime = runtime;
    this.options = options;
    this.shape = runtime.tasks().shape(job, options, setting.quota());
    this.body = body;
    this.ref = ref;
    this.job = job;
    this.attempt = attempt;
    this.codec = runtime.cluster().codec(job);
    this.setting = setting;
  }

  /// The job that it belongs to: that of the task or call that submitted it.
  JobId job() {
    return job;
  }

  ValueCodec codec() {
    return codec;
  }

  Setting setting() {
    return setting;
  }

  /// Made when it is asked for: many tasks may wait.
  TaskId id() {
    return new TaskId(runtime.id(), ref.id().number());
  }

  /// Where the values go that it gives before it is over.
  void gives(Items values) {
    this.items = values;
  }

  /// An attempt starts here or elsewhere: how many values it may give at first.
  long itemLimit() {
    Items values = items;
    return values == null ? 0 : values.begin();
  }

  /// The attempt may give so many values in all.
  void credit(long limit) {
    NodeId node = runsOn;
    if (node != null) {
      runtime.tasks().credit(id(), node, limit);
    }
  }

  /// An attempt gave a value.
  void item(int ofAttempt, long index, StoredValue value) {
    Items values = items;
    if (values != null && ofAttempt == attempt) {
      values.item(index, value);
    }
  }

  int attempt() {
    return attempt;
  }

  /// Whether another attempt is to begin, which gives all values from the first one on.
  boolean beginsAgain() {
    NodeId node = runsOn;
    return node == null || runtime.cluster().isGone(node);
  }

  Recipe recipe() {
    return new Recipe(runtime, options, body, job, setting, what());
  }

  /// Whether its options allow for retries, used up or not.
  boolean isRetriable() {
    return options.retries() > 0;
  }

  private boolean mayRunAgain() {
    return attempt <= options.retries() && !Safeguard.RETRIES.isOff();
  }

  TaskOptions options() {
    return options;
  }

  Capture body() {
    return body;
  }

  String name() {
    return options.name().orElse(body.name());
  }

  String what() {
    return Failed.task(name(), id());
  }

  @Override
  public String what(ObjectId object) {
    return what();
  }

  /// Queues it; its dependencies are done.
  void enqueue() {
    if (runtime.isClosed()) {
      closed();
      return;
    }
    MantaException removal = runtime.groups().removal(shape);
    if (removal != null) {
      groupRemoved(removal);
      return;
    }
    queuedNanos = System.nanoTime();
    queued(true);
    runtime.admission().submit(this);
    runtime.cluster().demand(shape);
    if (runtime.isClosed()) {
      closed(); // whoever cancelled all may have looked before it was queued
    }
    removal = runtime.groups().removal(shape);
    if (removal != null) {
      groupRemoved(removal); // likewise
    }
  }

  /// What it takes of the backlog for its closure, if much.
  void holds(Backlog.@Nullable Closure held) {
    closure = held;
  }

  private void queued(boolean now) {
    queued = now;
    Backlog.Closure held = closure;
    if (held != null) {
      held.runs(!now);
    }
  }

  /// When it was queued last.
  @Override
  public long queuedNanos() {
    return queuedNanos;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public boolean wanted() {
    return !ref.isDone() && !runtime.hasEnded(job);
  }

  /// Runs here, with its resources taken from this node's ledger.
  @Override
  public void start() {
    runtime.tasks().start(execution());
  }

  private Execution execution() {
    queued(false);
    runsOn = runtime.id();
    Resources held = shape.resources();
    List<Integer> gpus = runtime.admission().ledger().gpus(held);
    var context =
        new TaskContext(
            id(),
            attempt,
            runtime.id(),
            job,
            name(),
            Optional.empty(),
            gpus,
            setting.workingFolder());
    ValueCodec own = runtime.cluster().codecs().codec(job, setting);
    return runtime
        .tasks()
        .execution(
            new Attempt(context, own, body, itemLimit(), held, setting, isRetriable()), this);
  }

  /// Was sent to run on another node.
  void sentTo(NodeId node) {
    queued(false);
    runsOn = node;
  }

  @Override
  public @Nullable Execution released(long ranNanos) {
    AdmissionQueue.Work next = runtime.admission().finished(shape);
    if (next instanceof SubmittedTask task) {
      return task.execution();
    }
    if (next != null) {
      next.start();
    }
    return null;
  }

  @Override
  public void item(long index, StoredValue value) {
    item(attempt, index, value);
  }

  @Override
  public void succeeded(StoredValue value) {
    Recipe.losable(runtime, value)
        .ifPresent(
            large -> {
              Recipe recipe = recipe();
              large.producedBy(new Lineage(recipe, attempt));
              recipe.rest();
            });
    ref.offer(value);
  }

  @Override
  public void failed(MantaException failure) {
    switch (failure) {
      case IsolatedProcessDiedException died -> lost(died, Backoff.none());
      case OutOfMemoryException ended -> lost(ended, OUT_OF_MEMORY);
      default -> {
        boolean retried = retries(cause(failure));
        if (retried && mayRunAgain()) {
          retryAfter(options.backoff());
        } else {
          ref.fail(retried ? afterAttempts(failure, failure.getCause()) : failure);
        }
      }
    }
  }

  /// What may be named by the options as a reason to try again.
  private static @Nullable Throwable cause(MantaException failure) {
    return switch (failure) {
      case TaskFailedException failed -> failed.getCause();
      case ObjectStoreFullException full -> full;
      default -> null;
    };
  }

  private boolean retries(@Nullable Throwable cause) {
    if (cause == null) {
      return false;
    }
    Class<?> thrown = thrown(cause);
    return options.retryOn().stream().anyMatch(type -> type.isAssignableFrom(thrown));
  }

  /// The class of what was thrown, also where only a stand-in for it could be made; that of the
  /// stand-in where the class is not known here.
  private Class<?> thrown(Throwable cause) {
    if (cause instanceof UnknownThrowable unknown) {
      try {
        return codec.classes().load(unknown.className());
      } catch (ClassNotFoundException | LinkageError e) {
        return UnknownThrowable.class;
      }
    }
    return cause.getClass();
  }

  /// The attempt was lost by no fault of its code.
  private void lost(MantaException reason, Backoff backoff) {
    if (mayRunAgain()) {
      retryAfter(backoff);
    } else {
      ref.fail(afterAttempts(reason, null));
    }
  }

  private MantaException afterAttempts(MantaException reason, @Nullable Throwable cause) {
    return Failed.withMessage(
        reason,
        "%s, after %d attempt(s); %d retries are allowed"
            .formatted(reason.getMessage(), attempt, options.retries()),
        cause);
  }

  /// Its node died under it.
  void nodeDied(NodeId node, String reason) {
    if (mayRunAgain()) {
      retry();
    } else {
      ref.fail(
          new io.manta.core.NodeDiedException(
              "%s ended with %s (%s), after %d attempt(s); %d retries are allowed"
                  .formatted(what(), node, reason, attempt, options.retries())));
    }
  }

  /// It did not begin where it was sent: that node leaves, or is short of memory.
  void refused() {
    runsOn = null;
    if (!ref.isDone()) {
      enqueue();
    }
  }

  private void retryAfter(Backoff backoff) {
    Duration delay = backoff.delay(attempt, ThreadLocalRandom.current().nextDouble());
    if (delay.isZero()) {
      retry();
      return;
    }
    runsOn = null;
    backingOff = true;
    runtime.tasks().backsOff(this, true);
    try {
      runtime.timer().schedule(this::retry, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      closed();
    }
  }

  private void retry() {
    backingOff = false;
    runtime.tasks().backsOff(this, false);
    if (ref.isDone()) {
      return;
    }
    attempt++;
    runsOn = null;
    // What it captured may be lost with the node that it was lost with.
    onceReady(this::enqueue, failure -> failure);
  }

  /// Begins it once what it captured directly is there again, so that it does not wait for that
  /// with its resources taken. It is not run when that failed or is gone.
  ///
  /// @param told of why it is not run, what its owner is told
  void onceReady(Runnable begin, UnaryOperator<MantaException> told) {
    body.ready(runtime.objects())
        .whenComplete(
            (ready, failure) -> {
              if (failure == null) {
                begin.run();
              } else {
                // in turns, since others may wait for it, and others for those
                Turns.run(() -> ref.fail(told.apply(Failed.bySystem(failure))));
              }
            });
  }

  /// It has this long from now.
  void limit(Duration timeout) {
    ScheduledFuture<?> end;
    try {
      end =
          runtime
              .timer()
              .schedule(() -> timedOut(timeout), Ref.nanos(timeout), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return; // the runtime is closed, and so is the task
    }
    ref.whenDone((value, failure) -> end.cancel(false));
  }

  private void timedOut(Duration timeout) {
    String state = describe();
    if (ref.fail(
        new TaskTimeoutException(
            "%s was cancelled, since it was not over within its timeout of %s: %s"
                .formatted(what(), Durations.text(timeout), state)))) {
      cancel();
    }
  }

  /// No node could ever run it.
  void infeasible(String explanation) {
    ref.fail(new io.manta.core.InfeasibleException(what() + " was given up: " + explanation));
  }

  /// The placement group that it waits in is removed.
  void groupRemoved(MantaException reason) {
    ref.fail(Failed.withMessage(reason, what() + " can't run: " + reason.getMessage(), reason));
  }

  /// Its runtime was closed before it ended.
  void closed() {
    ref.fail(Failed.cancelled(what() + ", since its runtime was closed,"));
  }

  @Override
  public void cancel() {
    cancel(CancelOptions.defaults());
  }

  @Override
  public void cancel(CancelOptions how) {
    NodeId node = runsOn;
    if (node != null) {
      runtime.tasks().cancel(id(), node, how);
    }
  }

  @Override
  public void probe(WaitCycles cycles, Message.WaitProbe probe) {
    NodeId node = runsOn;
    if (node != null) {
      cycles.toTask(probe, id(), node);
    } else {
      body.refs().forEach(needed -> cycles.follow(probe, needed));
    }
  }

  @Override
  public String describe() {
    NodeId node = runsOn;
    if (node != null) {
      return what() + " runs on " + node;
    }
    if (backingOff) {
      return what() + " waits for its retry after attempt " + attempt;
    }
    if (queued) {
      return what() + " waits: " + runtime.whyWaiting(shape);
    }
    String pending = body.pending();
    return what()
        + " waits for "
        + (pending.isEmpty()
            ? "what it captured"
                + runtime.objects().remaking(awaited()).map(", "::concat).orElse("")
            : pending);
  }

  /// What it captured directly, while it waits for that.
  List<ObjectId> awaited() {
    return runsOn != null || backingOff || queued ? List.of() : body.directIds();
  }
}
