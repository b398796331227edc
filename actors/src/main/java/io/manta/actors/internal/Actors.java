package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.InfeasibleException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Actors: those that this process owns, those that live on this node, and those that it calls.
final class Actors {
  private static final Logger LOG = LoggerFactory.getLogger(Actors.class);

  /// How long a node may keep an actor waiting for room before another node is tried.
  private static final long REFUSE_MILLIS = 300;

  private static final long ASK_AGAIN_MILLIS = 200;
  private static final int START_TRIES = 32;
  private static final long START_AGAIN_MILLIS = 500;

  private final MantaRuntime runtime;
  private final ActorHost host = new ActorHost();
  private final ConcurrentHashMap<ActorId, ActorClient> clients = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ActorId, OwnedActor> owned = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<NodeId, AtomicInteger> placed = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicInteger starting = new AtomicInteger();
  private final AtomicInteger nextSlot = new AtomicInteger();

  Actors(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  ActorHost host() {
    return host;
  }

  ActorClient client(ActorId id) {
    ActorClient known = clients.get(id);
    return known != null
        ? known
        : clients.computeIfAbsent(id, missing -> new ActorClient(runtime, missing));
  }

  /// Whether an actor of this node begins.
  boolean isStarting() {
    return starting.get() > 0;
  }

  // Owner

  /// @param captured the constructor
  <A extends RemoteActor> ActorHandle<A> create(Capture captured, ActorOptions options) {
    SlotId slot = slotOn(candidate(options).orElse(runtime.id()));
    var id = new ActorId(slot, runtime.id(), numbers.incrementAndGet());
    var actor =
        new OwnedActor(id, captured, options, runtime.currentJob(), Setting.ofActor(runtime));
    owned.put(id, actor);
    ActorClient client = client(id);
    client.limit(options.maxPendingCalls());
    client.expectLocation("it waits to be placed");
    Tasks.whenAllDone(
        captured.refs(),
        () -> {
          MantaException failure = captured.failedRef();
          if (failure != null) {
            end(
                actor,
                new ActorDiedException(
                    actor.what() + " could not be created: " + failure.getMessage(), failure));
          } else {
            nameAndPlace(actor);
          }
        });
    return new Handle<>(client);
  }

  private void nameAndPlace(OwnedActor actor) {
    if (actor.options.name().isEmpty()) {
      place(actor);
      return;
    }
    String name = actor.options.name().get();
    runtime
        .cluster()
        .claimName(name, actor.id)
        .whenComplete(
            (holder, failure) -> {
              if (failure != null) {
                end(
                    actor,
                    new ActorDiedException(
                        actor.what() + " could not claim its name: " + failure.getMessage(),
                        failure));
              } else if (holder.equals(actor.id)) {
                synchronized (actor) {
                  actor.named = true;
                }
                place(actor);
              } else {
                end(
                    actor,
                    new ActorDiedException(
                        "%s was not created: the name '%s' is taken by %s; use another, or find it by"
                                .formatted(actor.what(), name, holder)
                            + " manta.find(...)"));
              }
            });
  }

  private SlotId slotOn(NodeId node) {
    return new SlotId(node, Math.floorMod(nextSlot.incrementAndGet(), SlotId.PER_NODE));
  }

  private static Shape shape(ActorOptions options) {
    return new Shape(options.placement(), options.node());
  }

  /// The node with room, else one that could have it.
  private Optional<NodeId> candidate(ActorOptions options) {
    Shape shape = shape(options);
    var views = runtime.cluster().views();
    Optional<NodeId> now = Placement.chooseForActor(shape, views, this::placedOn);
    return now.isPresent()
        ? now
        : views.stream()
            .filter(node -> node.total().cover(shape.resources()))
            .map(NodeView::id)
            .filter(node -> shape.node().map(node::equals).orElse(true))
            .min(Comparator.comparingLong(this::placedOn));
  }

  /// How many actors this process has placed there.
  private long placedOn(NodeId node) {
    AtomicInteger count = placed.get(node);
    return count == null ? 0 : count.get();
  }

  /// Sends the actor to a node, in a slot that is there.
  private void place(OwnedActor actor) {
    Optional<NodeId> node = candidate(actor.options);
    if (node.isEmpty()) {
      synchronized (actor) {
        actor.state = OwnedActor.State.PENDING;
      }
      LOG.debug("{} waits for a node", actor.what());
      return;
    }
    SlotId slot = actor.slot.home().equals(node.get()) ? actor.slot : slotOn(node.get());
    send(actor, node.get(), slot);
  }

  private void send(OwnedActor actor, NodeId node, SlotId slot) {
    Message.CreateActor message;
    synchronized (actor) {
      boolean unplaced = actor.state == OwnedActor.State.STARTING && actor.node == null;
      if (actor.state != OwnedActor.State.PENDING && !unplaced) {
        return; // another thread has placed it
      }
      actor.state = OwnedActor.State.STARTING;
      moved(actor, node);
      actor.slot = slot;
      message =
          new Message.CreateActor(
              actor.id,
              actor.incarnation,
              slot,
              actor.reason,
              actor.job,
              actor.constructor.name(),
              node.equals(runtime.id())
                  ? Payload.of(new byte[0])
                  : actor.constructor.encoded(runtime.cluster().codec(actor.job)),
              actor.options,
              actor.setting.encode(runtime.codec()));
    }
    runtime.cluster().send(node, message);
    if (!runtime.cluster().isAlive(node)) {
      refused(node, new Message.ActorRefused(actor.id, message.incarnation()));
    }
  }

  /// Tries again to place what waits: resources were freed or a node came.
  void placePending() {
    for (OwnedActor actor : owned.values()) {
      boolean pending;
      synchronized (actor) {
        pending = actor.state == OwnedActor.State.PENDING;
      }
      if (pending && candidate(actor.options).isPresent()) {
        place(actor);
      }
    }
  }

  /// Gives up those that no node could ever have held for too long.
  void checkFeasible(long warnNanos, long failNanos) {
    Collection<NodeView> views = runtime.nodeViews();
    for (OwnedActor actor : owned.values()) {
      Shape shape = shape(actor.options);
      long waited;
      synchronized (actor) {
        if (actor.state != OwnedActor.State.PENDING || Placement.feasible(shape, views)) {
          actor.infeasibleSince = null;
          continue;
        }
        if (actor.infeasibleSince == null) {
          actor.infeasibleSince = System.nanoTime();
        }
        waited = System.nanoTime() - actor.infeasibleSince;
      }
      String why = Placement.explain(shape, views);
      if (waited > failNanos) {
        end(
            actor,
            new ActorDiedException(
                actor.what() + " was not created: " + why, new InfeasibleException(why)));
      } else if (waited > warnNanos && !why.equals(actor.warned)) {
        actor.warned = why;
        LOG.warn("{} is pending: {}", actor.what(), why);
      }
    }
  }

  /// What the user named an actor that this process created.
  Optional<String> name(ActorId id) {
    return Optional.ofNullable(owned.get(id)).flatMap(actor -> actor.options.name());
  }

  /// What an actor of this process waits for before it can be on a node.
  Optional<String> whyUnplaced(ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor == null) {
      return Optional.empty();
    }
    synchronized (actor) {
      if (actor.state != OwnedActor.State.PENDING) {
        return Optional.empty();
      }
    }
    return Optional.of(Placement.explain(shape(actor.options), runtime.nodeViews()));
  }

  void started(NodeId node, Message.ActorStarted message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor == null) {
      runtime.cluster().send(node, new Message.KillActor(message.actor(), "its owner forgot it"));
      return;
    }
    boolean dead;
    synchronized (actor) {
      // Also when it was placed elsewhere since.
      dead =
          actor.state == OwnedActor.State.DEAD
              || actor.incarnation != message.incarnation()
              || !node.equals(actor.node);
      if (!dead) {
        actor.state = OwnedActor.State.ALIVE;
        moved(actor, node);
      }
    }
    if (dead) {
      runtime.cluster().send(node, new Message.KillActor(message.actor(), "it was killed"));
    } else {
      route(client(message.actor()), node, message.incarnation());
    }
  }

  void refused(NodeId node, Message.ActorRefused message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor == null) {
      return;
    }
    synchronized (actor) {
      if (actor.state != OwnedActor.State.STARTING
          || actor.incarnation != message.incarnation()
          || !node.equals(actor.node)) {
        return;
      }
      actor.state = OwnedActor.State.PENDING;
    }
    place(actor);
  }

  void ended(NodeId node, Message.ActorEnded message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor != null) {
      synchronized (actor) {
        if (actor.incarnation != message.incarnation() || !node.equals(actor.node)) {
          return;
        }
      }
      end(actor, (ActorDiedException) failure(message.reason()));
    }
  }

  private MantaException failure(Message.Result result) {
    Throwable decoded = runtime.codec().decodeFailure(result.bytes());
    return decoded instanceof MantaException known
        ? known
        : new ActorDiedException(String.valueOf(decoded.getMessage()), decoded);
  }

  /// Under the actor's lock.
  private void moved(OwnedActor actor, @Nullable NodeId to) {
    if (actor.node != null) {
      placed.computeIfAbsent(actor.node, node -> new AtomicInteger()).decrementAndGet();
    }
    if (to != null) {
      placed.computeIfAbsent(to, node -> new AtomicInteger()).incrementAndGet();
    }
    actor.node = to;
  }

  private void end(OwnedActor actor, ActorDiedException reason) {
    synchronized (actor) {
      actor.state = OwnedActor.State.DEAD;
      moved(actor, null);
    }
    client(actor.id).died(reason);
    // A handle keeps its client, and with it the reason; whoever asks later hears that it is dead.
    owned.remove(actor.id);
    actor.constructor.close(runtime.objects());
    clients.remove(actor.id);
    actor.options.name().ifPresent(name -> runtime.cluster().releaseName(name, actor.id));
  }

  /// From the owner's own process or another: ends an actor for good.
  void kill(ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor == null) {
      runtime.cluster().send(id.owner(), new Message.KillActor(id, "killed by " + runtime.id()));
    } else {
      kill(actor, "killed");
    }
  }

  private void kill(OwnedActor actor, String why) {
    NodeId node;
    synchronized (actor) {
      if (actor.state == OwnedActor.State.DEAD) {
        return;
      }
      node = actor.node;
      actor.state = OwnedActor.State.DEAD;
    }
    String where = node == null ? "" : " on " + node;
    end(actor, new ActorDiedException(actor.what() + where + " died: " + why));
    if (node != null) {
      runtime.cluster().send(node, new Message.KillActor(actor.id, why));
    }
  }

  /// A kill that came from another process.
  void killed(Message.KillActor message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor != null) {
      kill(actor, message.reason());
    }
    host.kill(message.actor(), message.reason());
  }

  void nodeDied(NodeId node, String reason) {
    // Taken first: below, the clients of actors that restart forget their routes.
    List<RemoteRoute> lost = routesTo(node);
    for (OwnedActor actor : owned.values()) {
      boolean restarts;
      synchronized (actor) {
        if (!node.equals(actor.node) || actor.state == OwnedActor.State.DEAD) {
          continue;
        }
        boolean started = actor.state == OwnedActor.State.ALIVE;
        restarts = !started || actor.incarnation <= actor.options.maxRestarts();
        if (restarts) {
          actor.incarnation += started ? 1 : 0;
          actor.state = OwnedActor.State.PENDING;
          moved(actor, null);
          actor.reason = node + " died: " + reason;
        }
      }
      if (restarts) {
        client(actor.id).expectLocation("it restarts, since " + node + " died");
        // Its slot moves to a survivor, which sharding chooses; the answer places the actor there.
        runtime.cluster().locateSlot(actor.slot);
      } else {
        end(
            actor,
            new ActorDiedException(
                "%s died with %s (%s) and has no restart left of %d"
                    .formatted(actor.what(), node, reason, actor.options.maxRestarts())));
      }
    }
    for (ActorClient client : clients.values()) {
      if (client.id().owner().equals(node) && !node.equals(runtime.id())) {
        client.died(new ActorDiedException(client.id() + " died with its owner " + node));
      }
    }
    lost.forEach(route -> route.nodeDied(reason));
  }

  /// This runtime is closed: nothing that was called will be answered.
  void closed() {
    for (ActorClient client : clients.values()) {
      client.died(
          new ActorDiedException(
              client.id() + " can't be called any more: " + runtime + " was closed"));
    }
  }

  private List<RemoteRoute> routesTo(NodeId node) {
    var routes = new ArrayList<RemoteRoute>();
    for (ActorClient client : clients.values()) {
      if (client.route() instanceof RemoteRoute route && route.node().equals(node)) {
        routes.add(route);
      }
    }
    return routes;
  }

  /// After a node died: what kept its actors' names may have died with it.
  void claimNamesAgain() {
    for (OwnedActor actor : owned.values()) {
      boolean lives;
      synchronized (actor) {
        lives = actor.named && actor.state != OwnedActor.State.DEAD;
      }
      if (lives) {
        actor.options.name().ifPresent(name -> runtime.cluster().claimName(name, actor.id));
      }
    }
  }

  /// A job is over, or the process that owned actors: they end on this node.
  void jobEnded(JobId job) {
    host.killAll(
        cell -> cell.spec().job().equals(job) || cell.spec().id().owner().equals(job.driver()),
        job + " ended");
  }

  /// The answer to where a slot went.
  void slotAt(Message.SlotAt message) {
    runtime.cluster().slotFound(message.slot());
    for (OwnedActor actor : owned.values()) {
      boolean waits;
      synchronized (actor) {
        waits = actor.state == OwnedActor.State.PENDING && actor.slot.equals(message.slot());
      }
      if (waits) {
        if (actor.options.node().isEmpty()) {
          send(actor, message.node(), message.slot());
        } else {
          place(actor);
        }
      }
    }
  }

  // Host

  /// Starts an actor here when its resources are free, or refuses it.
  void host(NodeId from, Message.CreateActor message) {
    Capture constructor =
        from.equals(runtime.id())
            ? constructorOf(message.actor())
            : Capture.of(message.constructor(), message.name());
    Setting setting = Setting.decode(message.setting(), runtime.codec());
    var spec =
        new ActorCell.Spec(
            message.actor(),
            message.incarnation(),
            message.reason(),
            constructor,
            message.options(),
            message.job(),
            runtime.cluster().codecs().codec(message.job(), setting),
            setting);
    var placing = new Placing(spec, message.slot(), from);
    runtime.admission().submit(placing);
    if (!runtime.cluster().isAlone() && !placing.taken) {
      runtime.timer().schedule(placing::refuse, REFUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private Capture constructorOf(ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor == null) {
      throw new IllegalStateException(id + " is not owned here");
    }
    return actor.constructor;
  }

  /// An actor that waits for its resources on this node, then holds them while it lives.
  private final class Placing implements AdmissionQueue.Work, ActorCell.Listener {
    private final ActorCell.Spec spec;
    private final SlotId slot;
    private final NodeId owner;
    private final ActorCell cell;
    private final long queuedNanos = System.nanoTime();
    private boolean withdrawn;
    private volatile boolean taken;
    private Resources held = Resources.NONE;
    private List<Integer> gpus = List.of();
    private boolean begins;
    private boolean over;

    Placing(ActorCell.Spec spec, SlotId slot, NodeId owner) {
      this.spec = spec;
      this.slot = slot;
      this.owner = owner;
      this.cell = new ActorCell(runtime, spec, this);
    }

    /// Of this node only: no lease may take it.
    @Override
    public Shape shape() {
      return new Shape(spec.options().placement(), Optional.of(runtime.id()));
    }

    @Override
    public boolean wanted() {
      synchronized (this) {
        if (withdrawn) {
          return false;
        }
      }
      return !runtime.isOrphaned(spec.job(), owner)
          && (!owner.equals(runtime.id()) || owned.containsKey(spec.id()));
    }

    @Override
    public long queuedNanos() {
      return queuedNanos;
    }

    void refuse() {
      synchronized (this) {
        if (taken) {
          return;
        }
        withdrawn = true;
      }
      runtime.cluster().send(owner, new Message.ActorRefused(spec.id(), spec.incarnation()));
    }

    @Override
    public void start() {
      synchronized (this) {
        taken = true;
        begins = true;
        starting.incrementAndGet();
        held = spec.options().placement();
        if (withdrawn) {
          hold(Resources.NONE);
          return;
        }
      }
      useGpus();
      host.add(cell);
      if (!wanted()) {
        // Its owner ended between the queue and here, and may have looked for its actors already.
        host.kill(spec.id(), "its owner ended");
        return;
      }
      startInSlot(START_TRIES);
    }

    private synchronized void useGpus() {
      gpus = runtime.admission().ledger().gpus(spec.options().resources());
      cell.uses(gpus);
    }

    /// Sharding delivers at most once, and not while its coordinator moves: try again, and after
    /// that have the owner place the actor anew.
    private void startInSlot(int tries) {
      if (host.find(spec.id()) != cell) {
        hold(Resources.NONE); // it ended, or another took its place
        return;
      }
      if (host.hasShell(cell)) {
        return;
      }
      if (tries == 0) {
        host.remove(cell);
        hold(Resources.NONE);
        runtime.cluster().send(owner, new Message.ActorRefused(spec.id(), spec.incarnation()));
        return;
      }
      runtime.cluster().startInSlot(slot, cell);
      if (!runtime.cluster().isAlone()) {
        runtime
            .timer()
            .schedule(() -> startInSlot(tries - 1), START_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      }
    }

    @Override
    public void started() {
      hold(spec.options().resources());
      runtime.cluster().send(owner, new Message.ActorStarted(spec.id(), spec.incarnation()));
    }

    @Override
    public void ended(ActorDiedException reason) {
      host.remove(cell);
      synchronized (this) {
        over = true;
      }
      hold(Resources.NONE);
      if (runtime.isClosed() && !owner.equals(runtime.id())) {
        return; // for its owner it ends with this node, so it may restart elsewhere
      }
      var result = Message.Result.of(reason);
      runtime.cluster().send(owner, new Message.ActorEnded(spec.id(), spec.incarnation(), result));
    }

    /// Gives back what is held beyond the amounts.
    private void hold(Resources wanted) {
      Resources before;
      synchronized (this) {
        if (over && !wanted.isEmpty()) {
          return; // killed while it started
        }
        before = held;
        held = wanted;
        if (begins) {
          begins = false;
          starting.decrementAndGet();
        }
        if (wanted.isEmpty()) {
          runtime.admission().ledger().unusedGpus(spec.options().resources(), gpus);
          gpus = List.of();
        }
      }
      if (!before.equals(wanted)) {
        runtime.admission().giveBack(before.minus(wanted));
      }
    }
  }

  // Caller

  /// Looks for an actor: at its owner, who knows.
  void locate(ActorClient client) {
    NodeId owner = client.id().owner();
    OwnedActor actor = owned.get(client.id());
    if (actor != null) {
      boolean alive;
      NodeId node;
      int incarnation;
      synchronized (actor) {
        alive = actor.state == OwnedActor.State.ALIVE;
        node = actor.node;
        incarnation = actor.incarnation;
      }
      if (alive && node != null && runtime.cluster().isAlive(node)) {
        route(client, node, incarnation);
      }
    } else if (runtime.cluster().isGone(owner)) {
      client.died(new ActorDiedException(client.id() + " died with its owner " + owner));
    } else if (!runtime.cluster().isAlive(owner)
        && client.searchedNanos() > runtime.config().joinTimeout().toNanos()) {
      client.died(
          new ActorDiedException(
              client.id() + " can't be found: its owner " + owner + " is not known"));
    } else {
      runtime.cluster().send(owner, new Message.FindActor(client.id()));
      // Its owner may not be known here yet, or may be gone before it answers.
      runtime.timer().schedule(client::searchAgain, ASK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /// Another process asks where an actor of this one is.
  void find(NodeId asker, ActorId id) {
    OwnedActor actor = owned.get(id);
    Message answer;
    if (actor == null) {
      var reason = new ActorDiedException(id + " is dead: its owner does not know it any more");
      answer = new Message.ActorDead(id, Message.Result.of(reason));
    } else {
      ActorDiedException death = client(id).death();
      synchronized (actor) {
        answer =
            death != null
                ? new Message.ActorDead(id, Message.Result.of(death))
                : new Message.ActorAt(
                    id,
                    actor.node == null ? runtime.id() : actor.node,
                    actor.incarnation,
                    actor.state == OwnedActor.State.ALIVE);
      }
    }
    runtime.cluster().send(asker, answer);
  }

  void found(Message.ActorAt message) {
    ActorClient client = client(message.actor());
    if (message.there() && !runtime.cluster().isGone(message.node())) {
      route(client, message.node(), message.incarnation());
    } else {
      // On its way, or its owner has yet to hear that its node died: ask again.
      runtime.timer().schedule(client::searchAgain, 50, TimeUnit.MILLISECONDS);
    }
  }

  void dead(Message.ActorDead message) {
    client(message.actor()).died((ActorDiedException) failure(message.reason()));
  }

  private void route(ActorClient client, NodeId node, int incarnation) {
    if (node.equals(runtime.id())) {
      ActorCell cell = host.find(client.id());
      if (cell != null) {
        client.located(new LocalRoute(cell, node), "it lives here");
      } else {
        client.expectLocation("it ended");
      }
    } else if (!(client.route() instanceof RemoteRoute known
        && known.node().equals(node)
        && known.incarnation() == incarnation)) {
      client.located(new RemoteRoute(runtime, client, node, incarnation), "it lives on " + node);
    }
  }

  private record LocalRoute(ActorCell cell, NodeId node) implements ActorClient.Route {
    @Override
    public void send(Call call) {
      cell.enqueue(call);
    }

    @Override
    public void cancel(Call call) {
      // A call that waits here is dropped when its turn comes.
    }

    @Override
    public void died(ActorDiedException reason) {
      // The cell fails what waits in it.
    }
  }

  void callDone(NodeId from, Message.CallDone message) {
    ActorClient client = clients.get(message.actor());
    if (client != null && client.route() instanceof RemoteRoute route) {
      route.done(message);
    }
  }

  void notHere(NodeId from, Message.NotHere message) {
    ActorClient client = client(message.actor());
    if (client.route() instanceof RemoteRoute route && route.node().equals(from)) {
      client.lost(route, "it is not on " + from + " any more");
      route.notHere();
      client.searchAgain();
    }
  }

  /// How often a call may be repeated; the handle of another process's actor knows of none.
  int callRetries(ActorId id) {
    OwnedActor actor = owned.get(id);
    return actor == null ? 0 : actor.options.callRetries();
  }

  Optional<OwnedActor> owned(ActorId id) {
    return Optional.ofNullable(owned.get(id));
  }

  @Nullable ActorCell hosted(ActorId id) {
    return host.find(id);
  }
}
