package io.manta.actors.internal;

import io.manta.actors.ActorContext;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.TaskId;
import io.manta.objects.ValueCodec;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One incarnation of a user's actor on this node: the object, the calls that wait for it, and the
/// virtual threads that run them, at most as many at a time as its options allow.
final class ActorCell {
  private static final Logger LOG = LoggerFactory.getLogger(ActorCell.class);

  /// Calls in a row before others get the carrier.
  private static final int BATCH = 256;

  /// What its owner hears of it; called on the actor's threads.
  interface Listener {
    void started();

    void ended(ActorDiedException reason);
  }

  /// Why and how it is created.
  record Spec(
      ActorId id,
      int incarnation,
      String restartReason,
      Capture constructor,
      ActorOptions options,
      JobId job,
      ValueCodec codec,
      Setting setting) {}

  private enum State {
    STARTING,
    ALIVE,
    DEAD
  }

  private final MantaRuntime runtime;
  private final Spec spec;
  private final Listener listener;
  private final ConcurrentLinkedQueue<HostedCall> calls = new ConcurrentLinkedQueue<>();

  /// Calls that wait or run, and 1 while it starts, and 1 for its stop.
  private final AtomicInteger load = new AtomicInteger(1);

  private final AtomicInteger runners = new AtomicInteger();
  private final Set<Run> active = new HashSet<>();
  private volatile State state = State.STARTING;
  private volatile @Nullable RemoteActor actor;

  /// Why it takes no more calls: it is dead, or was asked to stop.
  private volatile @Nullable ActorDiedException death;

  private volatile Runnable over = () -> {};
  private volatile List<Integer> gpus = List.of();

  /// One call, or the start, on its thread.
  private final class Run implements Carriers.Running {
    private final long started = System.nanoTime();
    private final Thread thread = Thread.currentThread();
    private final Resources held;
    private boolean done;

    Run(Resources held) {
      this.held = held;
    }

    @Override
    public String what() {
      return ActorCell.this.what();
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
      return done ? null : thread;
    }

    synchronized void interrupt() {
      if (!done) {
        thread.interrupt();
      }
    }

    synchronized void end() {
      done = true;
      Thread.interrupted(); // must not leak into the next call
    }
  }

  ActorCell(MantaRuntime runtime, Spec spec, Listener listener) {
    this.runtime = runtime;
    this.spec = spec;
    this.listener = listener;
  }

  /// Before it starts.
  void uses(List<Integer> gpuIds) {
    gpus = gpuIds;
  }

  Spec spec() {
    return spec;
  }

  String what() {
    RemoteActor object = actor;
    String type = object == null ? spec.constructor.name() : object.getClass().getSimpleName();
    return "actor %s%s (%s)"
        .formatted(type, spec.options.name().map(name -> " '" + name + "'").orElse(""), spec.id);
  }

  /// Starts it on a thread of its own; called by its Pekko actor.
  ///
  /// @param whenOver called once when it has ended
  void begin(Runnable whenOver) {
    over = whenOver;
    runtime.thread(spec.constructor.name()).start(this::startUp);
  }

  private void startUp() {
    var run = new Run(spec.options.placement()); // held until it has started
    enter(run);
    try {
      ScopedValue.where(CurrentCall.CURRENT, currentCall()).call(this::construct);
      if (become(State.ALIVE)) {
        listener.started();
      }
    } catch (Throwable e) {
      run.end();
      die(
          new ActorDiedException(
              what() + " could not be started on " + runtime.id() + ": " + Failed.text(e), e));
    } finally {
      leave(run);
    }
    if (load.addAndGet(-1) > 0) {
      addRunners();
    }
  }

  private @Nullable Void construct() throws Exception {
    runtime.startUps().run(spec.job, spec.setting.startUp(), spec.codec);
    var constructor = (RemoteCallable<?>) spec.constructor.open(spec.codec, runtime.objects());
    Object made = constructor.call();
    if (!(made instanceof RemoteActor object)) {
      throw new IllegalStateException("the constructor gave " + made + ", not a RemoteActor");
    }
    actor = object;
    var context =
        new ActorContext<>(
            runtime, new Handle<>(spec.id, runtime), spec.id, runtime.id(), spec.incarnation);
    RemoteActor.Access.bind(object, context, runtime.durables().keeping(this));
    RemoteActor.Access.recover(object);
    RemoteActor.Access.start(object);
    if (spec.incarnation > 1) {
      RemoteActor.Access.restart(object, spec.restartReason);
    }
    return null;
  }

  private CurrentCall currentCall() {
    var context =
        new TaskContext(
            new TaskId(spec.id.owner(), spec.id.number()),
            spec.incarnation,
            runtime.id(),
            spec.job,
            spec.options.name().orElse(spec.constructor.name()),
            Optional.of(spec.id),
            gpus,
            spec.setting.workingFolder());
    Object key = spec.options.maxConcurrency() == 1 ? spec.id : new Object();
    return new CurrentCall(
        runtime, context, key, CurrentCall.Holding.NOTHING, spec.setting, ref -> false);
  }

  /// Queues a call; the calls of one thread start in order. Does not block.
  void enqueue(HostedCall call) {
    if (death != null) {
      call.failed(died());
      return;
    }
    calls.add(call);
    if (load.getAndIncrement() < spec.options.maxConcurrency() && state == State.ALIVE) {
      addRunners();
    }
    if (state == State.DEAD) {
      failWaiting();
    }
  }

  private void addRunners() {
    while (true) {
      int now = runners.get();
      if (now >= spec.options.maxConcurrency() || now >= load.get()) {
        return;
      }
      if (runners.compareAndSet(now, now + 1)) {
        runtime.thread(spec.constructor.name()).start(this::drain);
      }
    }
  }

  private void drain() {
    ScopedValue.where(CurrentCall.CURRENT, currentCall()).run(this::drainBound);
  }

  private void drainBound() {
    int inRow = 0;
    while (true) {
      HostedCall call = calls.poll();
      if (call == null) {
        runners.decrementAndGet();
        boolean stops = death != null; // read before the queue: calls that came before it run
        if (calls.isEmpty()) {
          if (stops && runners.compareAndSet(0, spec.options.maxConcurrency())) {
            end(); // holds all runners for good, so nothing runs beside it
          }
          return;
        }
        // A call that was added since then found enough runners.
        if (!claimRunner()) {
          return;
        }
      } else {
        perform(call);
        load.decrementAndGet();
        if (++inRow % BATCH == 0) {
          Thread.yield();
        }
      }
    }
  }

  private boolean claimRunner() {
    while (true) {
      int now = runners.get();
      if (now >= spec.options.maxConcurrency()) {
        return false;
      }
      if (runners.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  private void perform(HostedCall call) {
    if (!call.wanted()) {
      call.failed(Failed.cancelled("a call on " + what()));
      return;
    }
    if (state == State.DEAD) {
      call.failed(died());
      return;
    }
    var run = new Run(spec.options.resources());
    enter(run);
    call.running(run::interrupt);
    StoredValue value = null;
    MantaException failure = null;
    try {
      @SuppressWarnings("unchecked")
      var method = (RemoteFunction<Object, ?>) call.body().open(call.codec(), runtime.objects());
      RemoteActor object = actor;
      if (object == null) {
        throw new IllegalStateException(what() + " was not constructed");
      }
      RemoteActor.Access.recover(object);
      value = runtime.objects().store(method.apply(object), call.codec());
    } catch (Throwable e) {
      // Whatever user code throws, errors of the virtual machine too, fails this call alone.
      failure = Failed.of("a call on " + what(), runtime.id(), e);
    }
    run.end();
    leave(run);
    if (value != null) {
      try {
        call.succeeded(value);
      } catch (Throwable e) {
        call.failed(Failed.of("a call on " + what(), runtime.id(), e));
      }
    } else if (failure != null) {
      call.failed(state == State.DEAD ? died() : failure);
    }
  }

  private void enter(Run run) {
    synchronized (active) {
      active.add(run);
    }
    runtime.carriers().entered(run);
  }

  private void leave(Run run) {
    runtime.carriers().left(run);
    synchronized (active) {
      active.remove(run);
    }
  }

  private synchronized boolean become(State next) {
    if (state == State.DEAD) {
      return false;
    }
    state = next;
    return true;
  }

  private ActorDiedException died() {
    ActorDiedException reason = death;
    return reason != null ? reason : new ActorDiedException(what() + " is dead");
  }

  /// Ends it now: the running call is interrupted, waiting ones fail. The reason of the first kill
  /// counts.
  void kill(String reason) {
    die(died(reason));
  }

  private ActorDiedException died(String reason) {
    return new ActorDiedException(what() + " on " + runtime.id() + " died: " + reason);
  }

  private void die(ActorDiedException reason) {
    synchronized (this) {
      if (state == State.DEAD) {
        return;
      }
      death = reason;
      state = State.DEAD;
    }
    synchronized (active) {
      active.forEach(Run::interrupt);
    }
    listener.ended(reason);
    failWaiting();
    over.run();
  }

  private void failWaiting() {
    HostedCall call;
    while ((call = calls.poll()) != null) {
      load.decrementAndGet();
      call.failed(died());
    }
  }

  /// Ends it in order: calls that run or wait finish, then `onStop` runs alone. Later calls fail. A
  /// kill comes before it.
  void stop(String reason) {
    RemoteActor object = actor;
    if (object != null && RemoteActor.Access.stopsAtOnce(object)) {
      kill(reason);
      return;
    }
    synchronized (this) {
      if (death != null) {
        return;
      }
      death = died(reason);
    }
    load.incrementAndGet();
    if (state == State.ALIVE) {
      addRunners();
    }
  }

  /// After the last call.
  private void end() {
    var run = new Run(spec.options.resources());
    enter(run);
    RemoteActor object = actor;
    try {
      if (object != null && state == State.ALIVE) {
        RemoteActor.Access.stop(object);
      }
    } catch (Throwable e) {
      // Whatever user code throws, the actor ends.
      LOG.warn("onStop of {} failed", what(), e);
    }
    run.end();
    leave(run);
    die(died());
  }
}
