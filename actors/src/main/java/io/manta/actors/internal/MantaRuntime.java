package io.manta.actors.internal;

import io.manta.actors.ActorBuilder;
import io.manta.actors.ActorHandle;
import io.manta.actors.ClusterRecords;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.NodeControl;
import io.manta.actors.NodeService;
import io.manta.actors.PlacementGroupBuilder;
import io.manta.actors.RemoteActor;
import io.manta.actors.TaskBuilder;
import io.manta.actors.TimeSource;
import io.manta.actors.WorkPool;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.ActorInfo;
import io.manta.core.ActorOptions;
import io.manta.core.ClusterDemand;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.GetTimeoutException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.NodeType;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectUsage;
import io.manta.core.PendingWork;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.Ready;
import io.manta.core.RefScope;
import io.manta.core.RefStream;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteGenerator;
import io.manta.core.Resources;
import io.manta.core.TaskOptions;
import io.manta.core.WaitInterruptedException;
import io.manta.objects.Immutability;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Ledger;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The runtime of one process: a node, embedded or in a cluster, or a driver.
final class MantaRuntime implements Manta, Immutability.SharedByDesign {
  private static final Logger LOG = LoggerFactory.getLogger(MantaRuntime.class);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(3);

  private final MantaConfig config;
  private final NodeId id;
  private final JobId job;
  private final boolean driver;
  private final Jars jars;
  private final List<Jars.Jar> jobJars;
  private final ClassLoader loader;
  private final ValueCodec codec;
  private final Setting setting;
  private final StartUps startUps = new StartUps();
  private final MemoryPressure memory;
  private final NodeState state;
  private final Idleness idleness = new Idleness(this);
  private final Supply supply = new Supply(this);
  private final Quotas quotas;
  private final AdmissionQueue<AdmissionQueue.Work> admission;
  private final Carriers carriers;
  private final Objects objects;
  private final WaitCycles cycles = new WaitCycles(this);
  private final Actors actors;
  private final AllActors allActors = new AllActors(this);
  private final PlacementGroups groups = new PlacementGroups(this);
  private final StateFolders stateFolders = new StateFolders(this);
  private final Directors directors = new Directors(this);
  private final Durables durables;
  private final Tasks tasks;
  private final Submissions submissions;
  private final Children children = new Children(this);
  private final TaskLogs taskLogs = new TaskLogs(this);
  private final Cluster cluster;
  private final PekkoHost pekko;
  private final Timer timer = new Timer("manta-timer", failure -> fatal("what was due", failure));

  /// Closes this when it failed; made ahead, since memory may be short then.
  private final Thread undertaker = Thread.ofPlatform().name("manta-fatal").unstarted(this::close);

  private final AtomicBoolean failed = new AtomicBoolean();
  private final Executor callbacks = command -> thread("manta-callback").start(command);
  private final List<AutoCloseable> services = new ArrayList<>();
  private final Map<Shape, Long> infeasibleSince = new HashMap<>();
  private final Map<Shape, Boolean> warned = new HashMap<>();
  private final Set<JobId> endedJobs = ConcurrentHashMap.newKeySet();
  private final GarbageNudge nudge = new GarbageNudge(System.nanoTime());
  private final AtomicBoolean closing = new AtomicBoolean();
  private volatile boolean closed;
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  MantaRuntime(MantaConfig config, NodeId id, boolean driver, PekkoHost.Factory host) {
    this.config = config;
    this.id = id;
    this.job = new JobId(id);
    this.driver = driver;
    this.jars = new Jars(this);
    this.jobJars = config.environment().jars().stream().map(jars::offer).toList();
    this.loader = loader(config.environment().jars());
    this.codec =
        new ValueCodec(
            JobClasses.of(loader),
            RuntimeSerializers.of(this, job),
            config.serializationPackages());
    this.setting = Setting.ofJob(config, codec);
    Resources offered = driver ? Resources.NONE : config.resources();
    this.memory = new MemoryPressure(this);
    this.state = new NodeState(this, config.labels());
    this.quotas = new Quotas(this, config.jobQuota());
    this.admission =
        new AdmissionQueue<>(
            id,
            state::labels,
            new Ledger(offered),
            driver
                ? shape -> false
                : shape -> !state.isCordoned() && memory.mayTake(shape) && isBest(shape),
            quotas.shares(),
            System::nanoTime);
    this.carriers = new Carriers(offered.cpus(), config.spinWarning());
    this.objects = new Objects(this);
    this.actors = new Actors(this);
    this.durables = new Durables(this);
    this.pekko = host.start(this);
    this.tasks = new Tasks(this, pekko);
    this.submissions = pekko.submissions();
    this.cluster = pekko.cluster();
  }

  /// Whether work that waits is to start here, rather than on a node that it prefers.
  private boolean isBest(Shape shape) {
    return shape.scheduling().isIndifferent() || Placement.isBest(shape, id, nodeViews());
  }

  /// What an operator changes of this node.
  NodeState state() {
    return state;
  }

  /// Since when nothing is on this node.
  Idleness idleness() {
    return idleness;
  }

  /// What nodes there could be.
  Supply supply() {
    return supply;
  }

  /// What is true of this node, by key.
  Map<String, String> labels() {
    return state.labels();
  }

  private static ClassLoader loader(List<Path> jars) {
    ClassLoader around =
        Optional.ofNullable(Thread.currentThread().getContextClassLoader())
            .orElse(MantaRuntime.class.getClassLoader());
    return jars.isEmpty() ? around : new URLClassLoader(JobCodecs.urls(jars), around);
  }

  /// Starts what runs beside: services and the watch over what can't run.
  void begin() {
    timer.scheduleWithFixedDelay(this::check, 1, 1, TimeUnit.SECONDS);
    stateFolders.begin();
    actors.detached().begin();
    groups.detached().begin();
    if (driver) {
      return;
    }
    quotas.begin();
    memory.start();
    durables.begin();
    for (NodeService service : ServiceLoader.load(NodeService.class)) {
      try {
        services.add(service.start(this));
      } catch (MantaException e) {
        close();
        throw e;
      } catch (Exception e) {
        close();
        throw new ConfigurationException(
            service.getClass().getName() + " could not start: " + e.getMessage(), e);
      }
    }
  }

  // What the parts see

  AdmissionQueue<AdmissionQueue.Work> admission() {
    return admission;
  }

  Quotas quotas() {
    return quotas;
  }

  /// Why work of a shape waits, in words.
  String whyWaiting(Shape shape) {
    return groups
        .whyWaiting(shape)
        .or(() -> quotas.whyWaiting(shape))
        .orElseGet(() -> supply.explain(shape));
  }

  MemoryPressure memory() {
    return memory;
  }

  Carriers carriers() {
    return carriers;
  }

  ValueCodec codec() {
    return codec;
  }

  Objects objects() {
    return objects;
  }

  WaitCycles cycles() {
    return cycles;
  }

  Actors actors() {
    return actors;
  }

  AllActors allActors() {
    return allActors;
  }

  PlacementGroups groups() {
    return groups;
  }

  StateFolders stateFolders() {
    return stateFolders;
  }

  /// Whether there is something detached that somebody has to take over.
  boolean haveLost() {
    return actors.detached().haveLost() || groups.detached().haveLost();
  }

  Directors directors() {
    return directors;
  }

  Durables durables() {
    return durables;
  }

  Tasks tasks() {
    return tasks;
  }

  Jars jars() {
    return jars;
  }

  /// What all tasks of this process's own job have.
  Setting setting() {
    return setting;
  }

  StartUps startUps() {
    return startUps;
  }

  Submissions submissions() {
    return submissions;
  }

  Children children() {
    return children;
  }

  TaskLogs taskLogs() {
    return taskLogs;
  }

  Cluster cluster() {
    return cluster;
  }

  JobId job() {
    return job;
  }

  /// The job of the task or call that this thread runs, else this process's own.
  JobId currentJob() {
    CurrentCall call = CurrentCall.orNull();
    return call == null ? job : call.context().job();
  }

  ValueCodec currentCodec() {
    CurrentCall call = CurrentCall.orNull();
    return call == null ? codec : cluster.codec(call.context().job());
  }

  /// Another process's job is over: what belongs to it ends here.
  void jobEnded(JobId ended) {
    endedJobs.add(ended);
    quotas.jobEnded(ended);
    tasks.running().cancelOf(ended);
    groups.jobEnded(ended);
    actors.jobEnded(ended);
    children.jobEnded(ended);
    startUps.forget(ended);
  }

  boolean hasEnded(JobId other) {
    return endedJobs.contains(other);
  }

  /// Whether nobody waits any more for what a process owns in a job.
  boolean isOrphaned(JobId job, NodeId owner) {
    return hasEnded(job) || hasEnded(new JobId(owner));
  }

  boolean isDriver() {
    return driver;
  }

  /// Whether it is to end: its services finish what they do, and others send it nothing more.
  boolean isClosing() {
    return closing.get();
  }

  /// Whether it takes no work any more and what runs here is cancelled.
  boolean isClosed() {
    return closed;
  }

  /// The actor system, for streams.
  ActorSystem system() {
    return pekko.actors();
  }

  Timer timer() {
    return timer;
  }

  /// What drives the timers of actors.
  TimeSource time() {
    return config.time().orElse(this::schedule);
  }

  private Runnable schedule(Duration delay, Runnable due) {
    var timeout = timer.schedule(due, Ref.nanos(delay), TimeUnit.NANOSECONDS);
    return () -> timeout.cancel(false);
  }

  Executor callbacks() {
    return callbacks;
  }

  <T extends @Nullable Object> Ref<T> newRef() {
    return objects.newRef(currentJob());
  }

  Collection<NodeView> nodeViews() {
    return cluster.views();
  }

  /// Free slots of leases give back what they hold.
  void reclaim() {
    pekko.reclaim();
  }

  /// A placement group is removed: what is in its bundles on this node ends.
  void endGroup(PlacementGroupId group, PlacementGroupRemovedException reason) {
    pekko.groupRemoved(group);
    tasks.running().endOf(group, reason);
    actors
        .host()
        .killAll(
            cell -> PlacementGroups.isIn(group, cell.spec().options().placement()),
            ActorDiedException.Reason.RESOURCES_GONE,
            String.valueOf(reason.getMessage()));
  }

  /// The process that directs who has a name, an actor or a placement group.
  NodeId director(ActorId holder) {
    return PlacementGroups.group(holder).map(groups::director).orElse(actors.director(holder));
  }

  /// Whether some node directs it, or is about to, though its creator is gone.
  boolean isKnownDetached(ActorId holder) {
    return holder.detached()
        && PlacementGroups.group(holder)
            .map(groups.detached()::isKnown)
            .orElse(!actors.detached().isUnknown(holder));
  }

  /// Who has a name though nobody says so, since its director is gone and another has yet to take
  /// over.
  ///
  /// @param name as it is claimed
  Optional<ActorId> awaitedHolder(String name) {
    return actors
        .detached()
        .awaited(name)
        .or(
            () ->
                PlacementGroups.unqualified(name)
                    .flatMap(groups.detached()::awaited)
                    .map(PlacementGroups::holder));
  }

  /// Whether who has a name was of this process and is not any more.
  boolean hasForgotten(ActorId holder) {
    return PlacementGroups.group(holder)
        .map(groups::hasForgotten)
        .orElse(actors.owned().hasForgotten(holder));
  }

  /// Takes resources for a task that was waiting; blocks, also through interrupts.
  void takeBlocking(JobId job, Resources resources) {
    CountDownLatch taken = admission.take(job, resources);
    if (taken.getCount() > 0) {
      pekko.reclaim();
    }
    boolean interrupted = false;
    while (true) {
      try {
        taken.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// What reads a failure of the user's runs code of its class. What this process tells itself it
  /// tells from threads of the user's.
  private void whereItMayBlock(NodeId from, Runnable what) {
    if (from.equals(id)) {
      what.run();
    } else {
      callbacks.execute(what);
    }
  }

  /// Handles a message of another process, or of this one. Must not block.
  void receive(NodeId from, Message message) {
    switch (message) {
      case Message.CreateActor create -> actors.host(from, create);
      case Message.ActorStarted started -> actors.owned().started(from, started);
      case Message.ActorRefused refused -> actors.owned().placement().refused(from, refused);
      case Message.ActorEnded ended ->
          whereItMayBlock(from, () -> actors.owned().ended(from, ended));
      case Message.MoveActor move -> actors.moveAway(from, move);
      case Message.ActorMoved moved -> actors.owned().moves().moved(from, moved);
      case Message.Rebalance rebalance ->
          callbacks.execute(() -> allActors.rebalanceHere(from, rebalance));
      case Message.ControlNode control -> callbacks.execute(() -> state.control(from, control));
      case Message.NodeControlled done -> allActors.answered(done.request(), done);
      case Message.ReportQuota report -> quotas.reported(from, report.report());
      case Message.QuotaAnswer answer -> quotas.answered(new JobId(from), answer.answer());
      case Message.ListPending list ->
          callbacks.execute(() -> cluster.send(from, allActors.pendingHere(list.request())));
      case Message.AskDemand ask -> callbacks.execute(() -> allActors.demandHere(from, ask));
      case Message.DemandTold told -> allActors.answered(told.request(), told);
      case Message.PendingList list -> allActors.answered(list.request(), list);
      case Message.Rebalanced done -> allActors.answered(done.request(), done);
      case Message.ListActors list -> callbacks.execute(() -> allActors.listHere(from, list));
      case Message.ActorList list -> allActors.answered(list.request(), list);
      case Message.KillActor kill -> actors.killed(kill);
      case Message.KillIncarnation kill -> actors.killedHere(kill);
      case Message.StopActor stop -> actors.stopHere(stop);
      case Message.WatchActor watch -> actors.watched(from, watch.actor());
      case Message.FindActor find -> actors.find(from, find.actor());
      case Message.ActorAt at -> actors.found(at);
      case Message.ActorDead dead -> whereItMayBlock(from, () -> actors.dead(dead));
      case Message.SlotAt at -> actors.owned().placement().slotAt(at);
      case Message.CallItem item -> actors.callItem(item);
      case Message.CallDone done -> actors.callDone(done);
      case Message.NotHere notHere -> actors.notHere(from, notHere);
      case Message.CancelTask cancel -> cancelHere(cancel);
      case Message.ProbeObject probe -> cycles.received(probe);
      case Message.ProbeTask probe -> cycles.received(probe.probe(), probe.task());
      case Message.ProbeActor probe -> cycles.received(probe.probe(), probe.actor());
      case Message.TaskCredit credit -> tasks.running().mayGive(credit.task(), credit.values());
      case Message.CancelObject cancel -> objects.cancel(cancel);
      case Message.FetchObject fetch -> objects.fetch(from, fetch);
      case Message.FetchJars fetch ->
          cluster.send(from, new Message.JarList(fetch.request(), jobJars));
      case Message.FetchJar fetch -> callbacks.execute(() -> jars.asked(from, fetch));
      case Message.JarChunk chunk -> jars.received(chunk);
      case Message.TaskLines lines -> taskLogs.received(from, lines);
      case Message.ObjectValue value -> objects.fetched(value);
      case Message.Lent lent -> objects.lent(lent);
      case Message.ToStore told -> durables.receive(from, told.message());
      case Message.PinStored pin -> callbacks.execute(() -> objects.larges().pin(from, pin));
      case Message.StoredAt at -> objects.larges().answered(at);
      case Message.UnpinStored unpin -> objects.larges().unpin(from, unpin.location());
      case Message.DropStored drop -> objects.larges().drop(from, drop.stored());
      case Message.Copied copied -> objects.copied(from, copied);
      case Message.PrepareBundles prepare -> groups.hosted().prepare(from, prepare);
      case Message.CommitBundles commit -> groups.hosted().commit(from, commit);
      case Message.RemoveBundles remove -> groups.hosted().remove(from, remove);
      case Message.AskBundles ask -> groups.hosted().ask(from, ask);
      case Message.BundlesHeld held -> groups.owned().held(from, held);
      case Message.BundlesAnswer answer -> {
        cluster.heard(from, answer.total(), answer.available());
        groups.owned().answered(from, answer);
      }
      case Message.BundlesRemoved removed -> {
        cluster.heard(from, removed.total(), removed.available());
        groups.owned().placePending();
      }
      case Message.WatchGroup watch -> groups.owned().watched(from, watch.group());
      case Message.GroupTold told -> groups.told(from, told);
      case Message.RemoveGroup remove -> groups.removed(from, remove);
      case Message.ListGroups list ->
          callbacks.execute(
              () ->
                  cluster.send(
                      from, new Message.GroupList(list.request(), groups.owned().infos())));
      case Message.GroupList list -> allActors.answered(list.request(), list);
      default -> pekko.receive(from, message);
    }
  }

  private void cancelHere(Message.CancelTask cancel) {
    if (!pekko.dropWaiting(cancel.task())) {
      tasks.running().cancel(cancel.task(), cancel.options());
    }
  }

  /// Another process is gone for good.
  void nodeDied(NodeId node, String reason) {
    quotas.nodeDied(node);
    allActors.processGone(node);
    stateFolders.nodeDied();
    durables.nodeDown(node);
    objects.nodeDied(node);
    groups.nodeDied(node);
    actors.nodeDied(node, reason);
  }

  /// The runtime itself failed, as when memory ran out on a thread that runs no user code: it ends,
  /// and says why.
  void fatal(String where, Throwable cause) {
    if (closing.get()) {
      LOG.debug("{} failed while {} closes", where, this, cause);
    } else if (failed.compareAndSet(false, true)) {
      try {
        LOG.error("{} ends, since {} failed: {}", this, where, Failed.text(cause), cause);
      } catch (Throwable e) {
        // there may be no memory left to say it
      } finally {
        undertaker.start();
      }
    }
  }

  /// Of threads that user code runs on, or work that others wait for. What user code throws is
  /// caught before; should more fail, somebody might wait for ever, so the runtime ends.
  Thread.Builder thread(String name) {
    return Thread.ofVirtual()
        .name(name)
        .uncaughtExceptionHandler(
            (thread, failure) -> fatal("the thread '" + thread.getName() + "'", failure));
  }

  private void check() {
    try {
      idleness.look();
      checkFeasible();
      actors.owned().placement().placePending();
      stateFolders.check(haveLost());
      actors.detached().adopt();
      groups.detached().adopt();
      cycles.check();
      ObjectUsage usage = objects.usage();
      if (nudge.due(System.nanoTime(), usage.lent() + usage.borrowed() + usage.stored())) {
        GarbageNudge.collectIfCheap();
      }
      children.tick();
      admission.resourcesFreed(); // what resources were held for may be gone
      carriers.warnOfSlow(config.slowCallWarning());
    } catch (RuntimeException e) {
      LOG.warn("a periodic check failed", e);
    }
  }

  /// Warns of shapes that no node can ever run, and gives their tasks up after a while.
  private void checkFeasible() {
    var views = supply.andNodes();
    List<Shape> waiting = admission.waitingShapes();
    infeasibleSince.keySet().retainAll(waiting);
    warned.keySet().retainAll(waiting);
    long now = System.nanoTime();
    for (Shape shape : waiting) {
      if (groups.isAwaited(shape) || Placement.feasible(shape, views)) {
        infeasibleSince.remove(shape);
        continue;
      }
      long since = infeasibleSince.computeIfAbsent(shape, unknown -> now);
      String why = Placement.explain(shape, nodeViews());
      giveUp(shape, since, now, why);
      if (now - since >= config.infeasibleWarning().toNanos()
          && warned.putIfAbsent(shape, true) == null) {
        LOG.warn(
            "{} piece(s) of work are pending: {}; they fail after {} s",
            admission.waiting(shape),
            why,
            config.infeasibleTimeout().toSeconds());
      }
    }
    long warnNanos = config.infeasibleWarning().toNanos();
    long failNanos = config.infeasibleTimeout().toNanos();
    actors.owned().placement().checkFeasible(warnNanos, failNanos);
    groups.check(warnNanos, failNanos);
  }

  /// Fails what has waited for the whole timeout; what came later has time left.
  private void giveUp(Shape shape, long since, long now, String why) {
    long timeout = config.infeasibleTimeout().toNanos();
    while (now - since >= timeout
        && admission.peek(shape) instanceof SubmittedTask first
        && now - first.queuedNanos() >= timeout
        && admission.poll(shape) instanceof SubmittedTask task) {
      task.infeasible(why);
    }
  }

  private void open() {
    if (closed) {
      throw new ClusterUnavailableException("this runtime (" + id + ") is closed");
    }
  }

  // What users see

  @Override
  public <T extends @Nullable Object> ObjectRef<T> submit(RemoteCallable<T> body) {
    Arguments.given(body, "body", "what the task is to do");
    open();
    return submissions.submit(body, TaskOptions.defaults());
  }

  @Override
  public <T extends @Nullable Object> TaskBuilder<ObjectRef<T>> task(RemoteCallable<T> body) {
    Arguments.given(body, "body", "what the task is to do");
    return builder(options -> submissions.submit(body, unbuffered(options)));
  }

  @Override
  public <T extends @Nullable Object> TaskBuilder<List<ObjectRef<T>>> split(
      int count, RemoteCallable<? extends List<T>> body) {
    if (count < 1) {
      throw new IllegalArgumentException("a count of " + count + " results must be 1 or more");
    }
    return builder(options -> submissions.split(count, body, unbuffered(options)));
  }

  @Override
  public <T extends @Nullable Object> TaskBuilder<RefStream<T>> generator(RemoteGenerator<T> body) {
    return builder(options -> submissions.generate(body, options));
  }

  /// The options of a task that gives no stream.
  private static TaskOptions unbuffered(TaskOptions options) {
    if (options.buffer() != TaskOptions.defaults().buffer()) {
      throw new IllegalArgumentException(
          "a buffer of %d is for a generator, which this task is not; leave it out, or submit a manta.generator(...)"
              .formatted(options.buffer()));
    }
    return options;
  }

  private <R> TaskBuilder<R> builder(Function<TaskOptions, R> submitter) {
    return new TaskBuilder<>(
        options -> {
          open();
          return submitter.apply(options);
        },
        TaskOptions.defaults());
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> asCompleted(
      Collection<? extends ObjectRef<T>> refs) {
    return new CompletedRefs<>(this, refs);
  }

  @Override
  public <T extends @Nullable Object, R extends @Nullable Object> WorkPool<T, R> pool(
      int width, Function<? super T, ObjectRef<R>> submit) {
    return Pool.of(this, width, submit);
  }

  @Override
  public <A extends RemoteActor, T extends @Nullable Object, R extends @Nullable Object>
      WorkPool<T, R> pool(
          List<ActorHandle<A>> actors,
          BiFunction<? super ActorHandle<A>, ? super T, ObjectRef<R>> call) {
    return Pool.of(this, actors, call);
  }

  @Override
  public <T> ObjectRef<T> put(T value) {
    open();
    return submissions.put(value);
  }

  @Override
  public <T extends @Nullable Object> List<T> get(List<ObjectRef<T>> refs) {
    return getWithin(refs, Long.MAX_VALUE, "");
  }

  @Override
  public <T extends @Nullable Object> List<T> get(List<ObjectRef<T>> refs, Duration timeout) {
    return getWithin(refs, Ref.nanos(timeout), Durations.text(timeout));
  }

  private <T extends @Nullable Object> List<T> getWithin(
      List<ObjectRef<T>> refs, long nanos, String timeout) {
    Deadline deadline = Deadline.after(nanos);
    refs.forEach(ref -> ((Ref<T>) ref).beginGet());
    if (refs.stream().anyMatch(ref -> !ref.isDone())) {
      Waits.inARow(() -> awaitInOrder(refs, deadline, timeout));
    }
    var values = new ArrayList<T>(refs.size());
    refs.forEach(ref -> values.add(((Ref<T>) ref).read(deadline)));
    return values;
  }

  /// Waits until all are done, or one failed and those before it are done.
  private static <T extends @Nullable Object> void awaitInOrder(
      List<ObjectRef<T>> refs, Deadline deadline, String timeout) {
    for (ObjectRef<T> each : refs) {
      var ref = (Ref<T>) each;
      if (!ref.isDone()) {
        if (!ref.await(deadline.left())) {
          throw new GetTimeoutException(
              "%s, one of %d refs, was not there within %s: %s"
                  .formatted(ref.id(), refs.size(), timeout, ref.source().describe()));
        }
      }
      if (ref.failure() != null) {
        return;
      }
    }
  }

  @Override
  public <T extends @Nullable Object> Ready<T> await(
      List<ObjectRef<T>> refs, int count, Duration timeout) {
    if (count < 0 || count > refs.size()) {
      throw new IllegalArgumentException(
          "a count of " + count + " is not between 0 and the number of refs, " + refs.size());
    }
    return SomeOf.await(refs, count, Ref.nanos(timeout));
  }

  @Override
  public <A extends RemoteActor> ActorBuilder<A> actor(RemoteCallable<A> constructor) {
    Arguments.given(constructor, "constructor", "what makes the actor, such as Counter::new");
    return new ActorBuilder<>(
        options -> {
          open();
          return submissions.create(constructor, options);
        },
        ActorOptions.defaults());
  }

  @Override
  public <A extends RemoteActor> Optional<ActorHandle<A>> find(String name, Class<A> type) {
    CurrentCall call = CurrentCall.orNull();
    return find((call == null ? setting : call.setting()).namespaceName(), name, type);
  }

  @Override
  public <A extends RemoteActor> Optional<ActorHandle<A>> find(
      String namespace, String name, Class<A> type) {
    Arguments.named(namespace, "namespace", "that of the actor's name, or leave it out");
    Arguments.named(name, "name", "what the actor was named: named(...)");
    Arguments.given(type, "type", "the actor's class");
    open();
    try {
      Optional<ActorId> found =
          cluster
              .findName(OwnedActor.qualified(namespace, name))
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
      return found.map(actor -> new Handle<>(actor, this));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException("interrupted while looking for actor '" + name + "'", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new ClusterUnavailableException("looking for actor '" + name + "' failed: " + e, e);
    }
  }

  @Override
  public List<ActorInfo> actors(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("a limit of " + limit + " actors must be 1 or more");
    }
    open();
    return allActors.list(limit);
  }

  @Override
  public CompletionStage<Integer> rebalance() {
    open();
    return allActors.rebalance();
  }

  @Override
  public NodeControl node(NodeId node) {
    Arguments.given(node, "node", "which node it is: see nodes()");
    open();
    return new RemoteNode(this, node);
  }

  @Override
  public List<PendingWork> pending() {
    open();
    return allActors.pending();
  }

  @Override
  public Flow.Publisher<ClusterDemand> demand(Duration interval, Collection<NodeType> types) {
    Arguments.given(interval, "interval", "from one look to the next, such as a second");
    Arguments.given(
        types, "types", "of the nodes that could be started; none where there are none");
    if (interval.isNegative()) {
      throw new IllegalArgumentException("an interval of " + interval + " must be 0 or more");
    }
    open();
    return new DemandStream(this, interval, List.copyOf(types));
  }

  @Override
  public PlacementGroupBuilder placementGroup() {
    return new PlacementGroupBuilder(
        options -> {
          open();
          return submissions.groups().create(options);
        },
        PlacementGroupOptions.defaults());
  }

  @Override
  public Optional<PlacementGroup> findPlacementGroup(String name) {
    Arguments.named(name, "name", "what the placement group was named: named(...)");
    open();
    return submissions.groups().find(name);
  }

  @Override
  public List<PlacementGroupInfo> placementGroups() {
    open();
    return submissions.groups().list();
  }

  @Override
  public RefScope scope() {
    return Scope.open();
  }

  @Override
  public ObjectUsage objectUsage() {
    return objects.usage();
  }

  @Override
  public Resources clusterResources() {
    return nodeViews().stream()
        .map(node -> node.total().plain())
        .reduce(Resources.NONE, Resources::plus);
  }

  @Override
  public Resources availableResources() {
    return nodeViews().stream()
        .filter(node -> !node.cordoned())
        .map(node -> node.available().plain())
        .reduce(Resources.NONE, Resources::plus);
  }

  @Override
  public List<NodeInfo> nodes() {
    return cluster.nodes();
  }

  @Override
  public NodeId id() {
    return id;
  }

  @Override
  public Optional<String> address() {
    return cluster.address();
  }

  @Override
  public Optional<String> explain(ObjectRef<?> ref) {
    var asked = (Ref<?>) ref;
    return ref.isDone() ? objects.remaking(asked.state()) : Optional.of(asked.source().describe());
  }

  @Override
  public ClusterRecords records(String space) {
    return cluster.records(space);
  }

  @Override
  public MantaConfig config() {
    return config;
  }

  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    try {
      end();
    } finally {
      closed = true;
      ended.complete(true);
    }
  }

  private void end() {
    cluster.leave();
    for (AutoCloseable service : services.reversed()) {
      try {
        service.close();
      } catch (Exception e) {
        LOG.warn("a service did not close", e);
      }
    }
    closed = true;
    timer.shutdownNow();
    memory.close();
    tasks.cancelAll();
    children.closeTasks();
    groups.closed();
    groups.detached().close();
    actors.detached().close();
    stateFolders.close();
    try {
      actors.host().stopAll("its node " + id + " was closed", STOP_DEADLINE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    children.close();
    taskLogs.close();
    cluster.close();
    durables.close(); // others need it until they know that this node leaves
    actors.closed();
    objects.closed();
    pekko.close();
    carriers.close();
    closeLoader();
  }

  /// Ends as a process that is killed: the others are not told, and no `onStop` runs. Blocks until
  /// done. Services are closed.
  ///
  /// @param host the one of this runtime
  void kill(ClusterHost host) {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    try {
      closed = true;
      host.cutAll();
      timer.shutdownNow();
      memory.close();
      groups.detached().close();
      actors.detached().close();
      stateFolders.close();
      String why = "its node " + id + " was killed";
      actors.host().all().forEach(cell -> cell.kill(ActorDiedException.Reason.NODE_DIED, why));
      host.kill();
      tasks.cancelAll();
      groups.closed();
      children.close();
      taskLogs.close();
      for (AutoCloseable service : services.reversed()) {
        try {
          service.close();
        } catch (Exception e) {
          LOG.debug("a service did not close", e);
        }
      }
      actors.closed();
      objects.closed();
      carriers.close();
      closeLoader();
    } finally {
      ended.complete(true);
    }
  }

  private void closeLoader() {
    try {
      if (loader instanceof URLClassLoader own && !jobJars.isEmpty()) {
        own.close();
      }
    } catch (IOException e) {
      LOG.debug("jars were not closed", e);
    }
  }

  @Override
  public CompletionStage<Boolean> whenClosed() {
    return ended.minimalCompletionStage();
  }

  @Override
  public String toString() {
    return (driver ? "driver " : "") + id;
  }
}
