package io.manta.actors.internal;

import io.manta.actors.DurableActor;
import io.manta.actors.Movable;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.Isolation;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import io.manta.core.StateUnavailableException;
import io.manta.core.TaskContext;
import io.manta.core.TaskId;
import io.manta.objects.ValueCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// One incarnation of a user's actor on this node: the object, and the calls that wait for it.
final class ActorCell {
  private static final Logger LOG = LoggerFactory.getLogger(ActorCell.class);

  /// Nothing is left to be done.
  static final Runnable NOTHING = () -> {};

  private static final Duration RECOVER_AGAIN = Duration.ofSeconds(1);

  /// What its owner hears of it; called on the actor's threads.
  interface Listener {
    void started();

    /// Its start takes long, for nothing that it does: what it was placed with is not needed.
    void waits();

    void ended(ActorDiedException reason);

    /// It has left for another node.
    ///
    /// @param state what its next incarnation takes over
    void moved(Optional<Payload> state);
  }

  /// Why and how it is created.
  ///
  /// @param state that the incarnation before it handed over
  record Spec(
      ActorId id,
      int incarnation,
      String restartReason,
      Capture constructor,
      ActorOptions options,
      JobId job,
      ValueCodec codec,
      Setting setting,
      Optional<Payload> state) {}

  private enum State {
    STARTING,
    ALIVE,
    DEAD
  }

  private final MantaRuntime runtime;
  private final Spec spec;
  private final Listener listener;
  private final Lane lane;

  /// Of its concurrency groups, by name.
  private final Map<String, Lane> groups;

  /// Guarded by this.
  private Set<Run> active = Set.of();

  private volatile State state = State.STARTING;
  private volatile @Nullable RemoteActor actor;

  /// What stands for the object where it lives in a process of its own.
  private volatile @Nullable IsolatedActor isolated;

  private volatile @Nullable CellContext<?> context;

  /// Calls that gave a stage while the actor is free for others, with what ends them.
  private volatile Set<Consumer<ActorDiedException>> interleaved = Set.of();

  private volatile Set<ActorId> children = Set.of();

  /// Why it takes no more calls: it is dead, or was asked to stop.
  private volatile @Nullable ActorDiedException death;

  /// Whether it leaves for another node: calls wait until it has left.
  private volatile boolean moving;

  /// Whether it is too late to stop here instead.
  private volatile boolean leaving;

  /// Whether calls that wait fail, too.
  private volatile boolean exits;

  /// Whether what waited was taken, and nobody takes what still comes.
  private volatile boolean emptied;

  /// Whether its owner ended it by itself, and so needs no word of its end.
  private volatile boolean disowned;

  private volatile Runnable over = () -> {};
  private volatile List<Integer> gpus = List.of();

  /// One call, or the start, on its thread.
  private final class Run implements Carriers.Running {
    private final long started = System.nanoTime();
    private final Thread thread = Thread.currentThread();
    private final Resources held;
    private final @Nullable HostedCall call;
    private final Carriers.Kind kind;
    private boolean done;
    private boolean answered;

    /// @param call null for the start and the end
    Run(Resources held, @Nullable HostedCall call) {
      this.held = held;
      this.call = call;
      this.kind = firstKind();
    }

    private Carriers.Kind firstKind() {
      if (call != null) {
        return Carriers.Kind.CALL;
      }
      if (state == State.STARTING) {
        return Carriers.Kind.START;
      }
      return leaving && actor instanceof Movable ? Carriers.Kind.HAND_OVER : Carriers.Kind.STOP;
    }

    /// The call is answered once: when it is over, or before that when the actor is killed.
    ///
    /// @return whether it is yet to be answered
    synchronized boolean claim() {
      boolean first = !answered;
      answered = true;
      return first;
    }

    /// The actor is dead. The call may be deaf to its interrupt, and nobody waits for that.
    void fail(ActorDiedException reason) {
      if (call != null && claim()) {
        call.failed(reason);
      }
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
    public Carriers.Kind kind() {
      return state == State.DEAD ? Carriers.Kind.OVER : kind; // then nobody waits for it
    }

    @Override
    public long startedNanos() {
      return started;
    }

    @Override
    public synchronized @Nullable Thread runningThread() {
      return done ? null : thread;
    }

    @Override
    public String place() {
      return isolated == null || runningThread() == null
          ? Carriers.Running.super.place()
          : "a place in its own process";
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
    this.lane = new Lane(this, spec.options.maxConcurrency());
    this.groups = groups(spec.options.concurrencyGroups());
  }

  private Map<String, Lane> groups(Map<String, Integer> limits) {
    if (limits.isEmpty()) {
      return Map.of();
    }
    var lanes = new LinkedHashMap<String, Lane>();
    limits.forEach((group, limit) -> lanes.put(group, new Lane(this, limit)));
    return lanes;
  }

  /// Before it starts.
  void uses(List<Integer> gpuIds) {
    gpus = gpuIds;
  }

  Spec spec() {
    return spec;
  }

  boolean isAlive() {
    return state == State.ALIVE;
  }

  boolean isDead() {
    return state == State.DEAD;
  }

  /// Whether it takes no more calls.
  boolean isStopping() {
    return death != null;
  }

  boolean isMoving() {
    return moving;
  }

  /// The class of the object, or what its constructor is said to give before there is one.
  String type() {
    RemoteActor object = actor;
    return object == null ? spec.constructor.name() : ActorTypes.name(object.getClass());
  }

  String what() {
    return ActorTypes.what(type(), spec.options.name(), spec.id);
  }

  /// Calls that wait or run here.
  int pendingCalls() {
    int pending = lane.load() + interleaved.size();
    for (Lane group : groups.values()) {
      pending += group.load();
    }
    return pending;
  }

  void warnOfLoad(int calls) {
    LOG.warn(
        "{} has {} calls waiting: they come faster than it runs them; make it faster, spread them"
            + " over more actors, or bound them by maxPendingCalls",
        what(),
        calls);
  }

  /// Starts it on a thread of its own; called by its Pekko actor.
  ///
  /// @param whenOver called once when it has ended
  void begin(Runnable whenOver) {
    over = whenOver;
    if (isDead()) {
      whenOver.run(); // killed before
      return;
    }
    lane.takeRunner();
    runtime.thread(spec.constructor.name()).start(this::startUp);
  }

  private void startUp() {
    var run = new Run(spec.options.placement(), null); // held until it has started
    CurrentCall own = currentCall();
    if (!enter(run)) {
      return;
    }
    Optional<Future<?>> timeout = Optional.empty();
    try {
      timeout = spec.options.startTimeout().map(limit -> endAfter(limit, run));
      construct(own, run);
      if (become(State.ALIVE)) {
        listener.started();
        dieWithProcess();
      }
    } catch (Throwable e) {
      die(
          new ActorDiedException(
              e instanceof StateUnavailableException
                  ? Reason.STATE_UNAVAILABLE
                  : Reason.CONSTRUCTOR_FAILED,
              what() + " could not be started on " + runtime.id() + ": " + Failed.text(e),
              e));
    } finally {
      timeout.ifPresent(end -> end.cancel(false));
      leave(run);
    }
    lanes(Lane::addRunners);
    drain(lane, own); // most actors are called at once
  }

  /// The user's part of the start; what follows is not to be interrupted.
  private void construct(CurrentCall own, Run run) throws Exception {
    try {
      ScopedValue.where(CurrentCall.CURRENT, own).call(this::construct);
    } finally {
      run.end();
    }
  }

  private Future<?> endAfter(Duration limit, Run start) {
    return runtime
        .timer()
        .schedule(
            () -> runtime.callbacks().execute(() -> endLateStart(limit, start)),
            Ref.nanos(limit),
            TimeUnit.NANOSECONDS);
  }

  private void endLateStart(Duration limit, Run start) {
    var reason =
        new ActorDiedException(
            Reason.CONSTRUCTOR_FAILED,
            "%s has not started on %s within its startTimeout of %s: it is at %s; have it wait with a deadline, or give it more time"
                .formatted(what(), runtime.id(), Durations.text(limit), start.place()));
    dieIf(state -> state == State.STARTING, reason);
  }

  private void lanes(Consumer<Lane> what) {
    what.accept(lane);
    groups.values().forEach(what);
  }

  private @Nullable Void construct() throws Exception {
    if (spec.setting.isolation().isPresent()) {
      constructIsolated(spec.setting.isolation().get());
      return null;
    }
    runtime.startUps().run(spec.job, spec.setting.startUp(), spec.codec);
    var constructor = (RemoteCallable<?>) spec.constructor.open(spec.codec, runtime.objects());
    Object made = constructor.call();
    if (!(made instanceof RemoteActor object)) {
      throw new IllegalStateException("the constructor gave " + made + ", not a RemoteActor");
    }
    actor = object;
    if (spec.id.detached() && JobCodecs.isLent(object.getClass())) {
      runtime
          .taskLogs()
          .log(
              spec.job,
              what(),
              Level.WARN,
              "it is detached, but its class came with %s: when that is over it can't start again; put the class on the class path of the nodes (MANTA_CLASS_PATH)"
                  .formatted(spec.job));
    }
    var own = new CellContext<>(runtime, this);
    context = own;
    RemoteActor.Access.bind(object, own, runtime.durables().keeping(this));
    recover(object);
    takeOver(object);
    checkWanted();
    RemoteActor.Access.start(object);
    if (spec.incarnation > 1) {
      checkWanted();
      RemoteActor.Access.restart(object, spec.restartReason);
    }
    return null;
  }

  /// A start that was given up may go on, deaf to its interrupt; it must not take the state of the
  /// one that was created in its place.
  private void checkWanted() {
    if (state == State.DEAD) {
      throw new IllegalStateException(what() + " was ended while it started");
    }
  }

  /// Waits until the state can be had, when it may restart: with the nodes that are gone it may be
  /// back as well.
  private void recover(RemoteActor object) throws InterruptedException {
    while (true) {
      checkWanted();
      try {
        RemoteActor.Access.recover(object);
        return;
      } catch (StateUnavailableException e) {
        if (spec.options.maxRestarts() == 0 || isStopping()) {
          throw e;
        }
        LOG.warn("{} waits for its state, and tries again: {}", what(), e.getMessage());
        listener.waits();
        Thread.sleep(RECOVER_AGAIN);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private void takeOver(RemoteActor object) throws Exception {
    if (spec.state.isPresent() && object instanceof Movable<?> movable) {
      Object state = runtime.objects().readClosure(spec.state.get(), what(), spec.codec);
      ((Movable<@Nullable Object>) movable).takeOver(state);
    }
  }

  private void constructIsolated(Isolation isolation) throws InterruptedException {
    Payload constructor =
        runtime.objects().closureInArray(spec.constructor.encoded(spec.codec), what());
    var process =
        new IsolatedActor(
            runtime,
            CurrentCall.required(),
            spec.codec,
            constructor,
            new ChildMessage.Incarnation(spec.id, spec.incarnation, spec.restartReason),
            this::processDied);
    isolated = process;
    process.start(new ChildProcess.Key(spec.job, isolation, gpus));
  }

  /// Its process may have ended before it was known to have started.
  private void dieWithProcess() {
    IsolatedActor process = isolated;
    MantaException how = process == null ? null : process.over();
    if (how != null) {
      processDied(how);
    }
  }

  private void processDied(MantaException how) {
    if (state == State.ALIVE) {
      die(
          new ActorDiedException(
              Reason.PROCESS_DIED,
              what() + " on " + runtime.id() + " died: " + how.getMessage(),
              how));
    }
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
    boolean oneAtATime = spec.options.maxConcurrency() == 1 && groups.isEmpty();
    Object key = oneAtATime ? spec.id : new Object();
    return new CurrentCall(
        runtime, context, key, CurrentCall.Holding.NOTHING, spec.setting, ref -> false);
  }

  /// Queues a call; the calls of one thread start in order. Does not block.
  void enqueue(HostedCall call) {
    accept(call).run();
  }

  /// As [#enqueue], for who holds a lock.
  ///
  /// @return what is to be run without it, since what waits for calls may be called back
  Runnable accept(HostedCall call) {
    if (death != null && !livesOnElsewhere() && !finishesStages(call)) {
      return () -> call.failed(died());
    }
    Lane group = call.group().isEmpty() ? lane : groups.get(call.group());
    if (group == null) {
      return () -> call.failed(unknownGroup(call.group()));
    }
    group.add(call);
    return emptied ? this::endLate : NOTHING;
  }

  /// Whether it is what a stage under way may need to be done.
  private boolean finishesStages(HostedCall call) {
    return call instanceof OwnAction && awaitsStages();
  }

  /// Whether calls that gave a stage are under way while it is alive.
  boolean awaitsStages() {
    return state == State.ALIVE && !interleaved.isEmpty();
  }

  private MantaException unknownGroup(String group) {
    return Failed.of(
        "a call on " + what(),
        runtime.id(),
        new IllegalArgumentException(
            "it has no concurrency group '%s'; it was created with %s"
                .formatted(group, new TreeSet<>(groups.keySet()))));
  }

  void startRunner(Lane group) {
    runtime.thread(spec.constructor.name()).start(() -> drain(group, currentCall()));
  }

  private static void drain(Lane group, CurrentCall own) {
    ScopedValue.where(CurrentCall.CURRENT, own).run(group::drain);
  }

  void perform(HostedCall call) {
    if (!call.wanted()) {
      call.failed(Failed.cancelled("a call on " + what()));
      return;
    }
    if (exits && !finishesStages(call)) {
      call.failed(died());
      return;
    }
    var run = new Run(spec.options.resources(), call);
    if (!enter(run)) {
      end(call);
      return;
    }
    call.running(run::interrupt);
    StoredValue value = null;
    MantaException failure = null;
    Later later = null;
    try {
      IsolatedActor process = isolated;
      if (process != null) {
        Message.Result result = process.invoke(call);
        value = result.failed() ? null : result.payload();
        failure = result.failed() ? result.failure(call.codec()) : null;
      } else {
        RemoteActor object = object();
        RemoteActor.Access.recover(object);
        Object result = call.invoke(object, runtime.objects());
        if (result instanceof Later given && given.interleaved()) {
          later = given;
        } else {
          Object last = result instanceof Streaming<?> streaming ? stream(call, streaming) : result;
          value = runtime.objects().store(now(last), call.codec());
        }
      }
    } catch (Throwable e) {
      // Whatever user code throws, errors of the virtual machine too, fails this call alone.
      failure = failure(e);
    }
    run.end();
    leave(run);
    if (!run.claim()) {
      return; // it was killed under the call
    }
    if (later != null) {
      finishLater(call, later.stage());
    } else if (value != null) {
      succeed(call, value);
    } else if (failure != null) {
      call.failed(state == State.DEAD ? died() : failure);
    }
  }

  private RemoteActor object() {
    RemoteActor object = actor;
    if (object == null) {
      throw new IllegalStateException(what() + " was not constructed");
    }
    return object;
  }

  private @Nullable Object stream(HostedCall call, Streaming<?> streaming) throws Exception {
    var source =
        new ItemEmitter.Source() {
          @Override
          public boolean isCancelled() {
            return !call.wanted() || state == State.DEAD;
          }

          @Override
          public String what() {
            return "a call on " + ActorCell.this.what();
          }

          @Override
          public void item(long index, StoredValue value) {
            call.item(index, value);
          }
        };
    var emitter = new ItemEmitter(source, runtime.objects(), call.codec(), streaming.limit());
    call.emits(emitter);
    streaming.run(emitter);
    return null;
  }

  /// The value itself, after waiting for a stage's.
  private static @Nullable Object now(@Nullable Object result) throws Throwable {
    return switch (result) {
      case Later later -> Waits.stage(later.stage());
      case CompletionStage<?> stage ->
          throw new IllegalStateException(
              "the method gave a "
                  + stage.getClass().getSimpleName()
                  + ", which can't travel; call it with callAsync(...) for the value of it");
      case null -> null;
      default -> result;
    };
  }

  private MantaException failure(Throwable cause) {
    return Failed.of("a call on " + what(), runtime.id(), cause);
  }

  private void succeed(HostedCall call, StoredValue value) {
    try {
      call.succeeded(value);
    } catch (Throwable e) {
      call.failed(failure(e));
    }
  }

  /// The actor is free meanwhile.
  private void finishLater(HostedCall call, CompletionStage<?> stage) {
    var ending =
        new Object() {
          boolean over;

          synchronized boolean begin() {
            boolean first = !over;
            over = true;
            return first;
          }
        };
    Consumer<ActorDiedException> fail =
        reason -> {
          if (ending.begin()) {
            call.failed(reason);
          }
        };
    synchronized (this) {
      if (interleaved.isEmpty()) {
        interleaved = ConcurrentHashMap.newKeySet();
      }
      interleaved.add(fail);
    }
    if (state == State.DEAD) {
      failInterleaved();
    }
    stage.whenCompleteAsync(
        (value, failure) -> {
          if (ending.begin()) {
            try {
              if (failure != null) {
                call.failed(failure(Waits.unwrapped(failure)));
              } else {
                succeed(call, runtime.objects().store(value, call.codec()));
              }
            } catch (Throwable e) {
              call.failed(failure(e));
            }
          }
          interleaved.remove(fail);
          if (isStopping()) {
            lane.wake();
          }
        },
        runtime.callbacks());
  }

  private void failInterleaved() {
    interleaved.forEach(fail -> fail.accept(died()));
  }

  /// @return false when it is dead, and nobody would end the run
  private boolean enter(Run run) {
    synchronized (this) {
      if (state == State.DEAD) {
        return false;
      }
      if (active.isEmpty()) {
        active = Set.of(run); // most have no other
      } else {
        if (!(active instanceof HashSet)) {
          active = new HashSet<>(active);
        }
        active.add(run);
      }
    }
    runtime.carriers().entered(run);
    return true;
  }

  private void leave(Run run) {
    runtime.carriers().left(run);
    synchronized (this) {
      if (active.size() > 1) {
        active.remove(run);
      } else {
        active = Set.of();
      }
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
    return reason != null ? reason : new ActorDiedException(Reason.UNKNOWN, what() + " is dead");
  }

  /// It is the parent of that one, and takes it along when it ends.
  void adopt(ActorId child) {
    synchronized (this) {
      if (children.isEmpty()) {
        children = ConcurrentHashMap.newKeySet();
      }
      children.add(child);
    }
    if (state == State.DEAD) {
      endChildren();
    }
  }

  void forgetChild(ActorId child) {
    if (!children.isEmpty()) {
      children.remove(child);
    }
  }

  private void endChildren() {
    for (ActorId child : children) {
      runtime.actors().stop(child, "its parent " + what() + " ended");
    }
  }

  /// Ends it now: the running call is interrupted, waiting ones fail. The reason of the first kill
  /// counts.
  void kill(Reason reason, String why) {
    die(died(reason, why));
  }

  /// What has died for its owner is to die here too.
  void disown() {
    disowned = true;
  }

  boolean isDisowned() {
    return disowned;
  }

  private ActorDiedException died(Reason reason, String why) {
    return new ActorDiedException(reason, what() + " on " + runtime.id() + " died: " + why);
  }

  private void die(ActorDiedException reason) {
    dieIf(state -> state != State.DEAD, reason);
  }

  private void dieIf(Predicate<State> now, ActorDiedException reason) {
    List<Run> running;
    synchronized (this) {
      if (!now.test(state)) {
        return;
      }
      death = reason;
      state = State.DEAD;
      running = List.copyOf(active);
    }
    running.forEach(Run::interrupt);
    CellContext<?> own = context;
    if (own != null) {
      own.close();
    }
    IsolatedActor process = isolated;
    if (process != null) {
      process.kill();
    }
    runtime.actors().leftHere(this);
    listener.ended(reason);
    moving = false;
    running.forEach(run -> run.fail(reason));
    endAllWaiting();
    failInterleaved();
    endChildren();
    over.run();
  }

  /// Twice, since calls come until it is known that this is over.
  private void endAllWaiting() {
    endWaiting();
    emptied = true;
    endWaiting();
  }

  /// A call came by a way that was found before it ended.
  private void endLate() {
    runtime.actors().leftHere(this);
    endWaiting();
  }

  private void endWaiting() {
    var waiting = new ArrayList<HostedCall>();
    lanes(
        group -> {
          HostedCall call;
          while ((call = group.poll()) != null) {
            waiting.add(call);
          }
        });
    waiting.forEach(this::end);
  }

  /// A call that did not run here fails or, when another incarnation lives, is made there.
  private void end(HostedCall call) {
    if (livesOnElsewhere()) {
      call.elsewhere();
    } else {
      call.failed(died());
    }
  }

  /// Whether it moves, or another incarnation took over from this one.
  private boolean livesOnElsewhere() {
    return moving || (died().reason() == Reason.NODE_DIED && !runtime.isClosed());
  }

  /// Has it leave for another node after the calls that run. Those that wait go with it.
  ///
  /// @return whether it does: it may restart, or can hand its state over
  boolean move(String why) {
    RemoteActor object = actor;
    boolean movable =
        object instanceof Movable
            || object instanceof DurableActor
            || spec.options.maxRestarts() > 0;
    synchronized (this) {
      if (!movable || death != null || state != State.ALIVE) {
        return false;
      }
      moving = true;
      death = died(Reason.STOPPED, why);
    }
    lane.wake();
    return true;
  }

  /// After the last call here.
  private void leaveForGood() throws Exception {
    Optional<Payload> handed = Optional.empty();
    if (actor instanceof Movable<?> movable) {
      handed = Optional.of(Payload.encode(movable.handOver(), spec.codec));
    } else {
      stopObject();
    }
    synchronized (this) {
      if (state == State.DEAD) {
        return; // killed meanwhile
      }
      state = State.DEAD;
    }
    CellContext<?> own = context;
    if (own != null) {
      own.close();
    }
    runtime.actors().leftHere(this);
    endAllWaiting(); // before it may live elsewhere: later calls must not come there first
    listener.moved(handed);
    endChildren();
    over.run();
  }

  /// Ends it in order: calls that run or wait finish, then `onStop` runs alone. Later calls fail. A
  /// kill comes before it.
  void stop(Reason reason, String why) {
    RemoteActor object = actor;
    if (object != null && RemoteActor.Access.stopsAtOnce(object)) {
      kill(reason, why);
      return;
    }
    synchronized (this) {
      if (death != null && !mayStillStay()) {
        return;
      }
      moving = false;
      death = died(reason, why);
    }
    if (state == State.ALIVE) {
      lanes(Lane::addRunners); // what was to run elsewhere
      lane.wake();
    }
  }

  /// Whether it was to move, and has not begun to leave.
  private boolean mayStillStay() {
    return moving && !leaving;
  }

  /// It asked for its end, after the calls that wait or without them.
  void endsItself(boolean withoutWaiting) {
    if (withoutWaiting) {
      exit();
    } else {
      stop(Reason.STOPPED, "it was stopped");
    }
  }

  private void exit() {
    synchronized (this) {
      if (death == null || mayStillStay()) {
        moving = false;
        death = died(Reason.EXITED, "it called exit()");
      }
      exits = true;
    }
    lane.wake();
  }

  /// Called when a group has nothing to do while the actor stops.
  void endIfIdle() {
    synchronized (lane) {
      if (!interleaved.isEmpty() || state != State.ALIVE) {
        return; // the last stage that is done tries again
      }
      var closed = new HashSet<Lane>();
      if (!closeAll(closed)) {
        closed.forEach(Lane::reopen); // whose runner tries again when it is done
        return;
      }
      synchronized (this) {
        leaving = moving;
      }
      if (!leaving && !exits && pendingCalls() > 0) {
        closed.forEach(Lane::reopen); // it was to move with them, and stops now
        return;
      }
    }
    end(); // all runners are taken for good, so nothing runs beside it
  }

  private boolean closeAll(Set<Lane> closed) {
    if (!lane.close()) {
      return false;
    }
    closed.add(lane);
    for (Lane group : groups.values()) {
      if (!group.close()) {
        return false;
      }
      closed.add(group);
    }
    return true;
  }

  /// After the last call.
  private void end() {
    var run = new Run(spec.options.resources(), null);
    if (!enter(run)) {
      return; // killed just now
    }
    boolean moved = false;
    try {
      if (leaving) {
        leaveForGood();
        moved = true;
      } else {
        stopObject();
      }
    } catch (Throwable e) {
      // Whatever user code throws, the actor ends.
      LOG.warn("{} of {} failed", leaving ? "handOver" : "onStop", what(), e);
    }
    run.end();
    leave(run);
    if (!moved) {
      die(died());
    }
  }

  private void stopObject() throws Exception {
    RemoteActor object = actor;
    if (object != null && state == State.ALIVE) {
      RemoteActor.Access.stop(object);
    }
    IsolatedActor process = isolated;
    if (process != null && state == State.ALIVE) {
      process.stop();
    }
  }
}
