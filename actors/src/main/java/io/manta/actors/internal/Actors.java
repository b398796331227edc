package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.objects.ValueCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Actors as this process has to do with them: it owns some, see [OwnedActors], hosts some, see
/// [ActorHost], and calls some, each by way of its [ActorClient].
final class Actors {
  /// How long a node may keep an actor waiting for room before another node is tried.
  private static final long REFUSE_MILLIS = 300;

  private static final long WATCH_AGAIN_MILLIS = 1_000;

  private final MantaRuntime runtime;
  private final ActorHost host;
  private final OwnedActors owned;
  private final ActorClients clients;
  private final AtomicInteger starting = new AtomicInteger();
  private final DetachedActors detached;

  Actors(MantaRuntime runtime) {
    this.runtime = runtime;
    this.host = new ActorHost(runtime.idleness());
    this.clients = new ActorClients(runtime);
    this.owned = new OwnedActors(runtime, this);
    this.detached = new DetachedActors(runtime, this);
  }

  ActorHost host() {
    return host;
  }

  OwnedActors owned() {
    return owned;
  }

  DetachedActors detached() {
    return detached;
  }

  ActorClients clients() {
    return clients;
  }

  ActorClient client(ActorId id) {
    return clients.get(id);
  }

  /// It is dead; handles that are used keep their client, and with it the reason.
  void forget(ActorId id) {
    ActorClient client = clients.find(id);
    if (client == null || !client.isUsed()) {
      clients.remove(id);
    } // else answers may still come for it
  }

  /// Whether an actor of this node begins.
  boolean isStarting() {
    return starting.get() > 0;
  }

  void begins() {
    starting.incrementAndGet();
  }

  void hasBegun() {
    starting.decrementAndGet();
  }

  MantaException failure(Message.Result result) {
    Throwable decoded = runtime.codec().decodeFailure(result.bytes());
    return decoded instanceof MantaException known
        ? known
        : new ActorDiedException(Reason.UNKNOWN, String.valueOf(decoded.getMessage()), decoded);
  }

  <A extends RemoteActor> ActorHandle<A> create(Capture constructor, ActorOptions options) {
    return owned.create(constructor, options);
  }

  /// The process that directs an actor.
  NodeId director(ActorId id) {
    return owned.contains(id) ? runtime.id() : detached.director(id).orElse(id.owner());
  }

  /// From the owner's own process or another: ends an actor for good.
  void kill(ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor == null) {
      runtime.cluster().send(director(id), new Message.KillActor(id, "killed by " + runtime.id()));
    } else {
      owned.kill(actor, Reason.KILLED, "killed");
    }
  }

  /// A kill that came from another process.
  void killed(Message.KillActor message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor != null) {
      owned.kill(actor, Reason.KILLED, message.reason());
    } else {
      host.kill(message.actor(), Reason.KILLED, message.reason());
    }
  }

  /// Who directs an actor ends one incarnation of it.
  void killedHere(Message.KillIncarnation message) {
    ActorCell cell = host.find(message.actor());
    if (cell != null && cell.spec().incarnation() == message.incarnation()) {
      cell.disown();
      host.kill(cell, Reason.KILLED, message.reason());
    }
  }

  /// Ends an actor of this process in order, since its parent ended. Has no effect on another.
  void stop(ActorId id, String why) {
    OwnedActor actor = owned.get(id);
    if (actor != null) {
      owned.stop(actor, Reason.STOPPED, why);
    }
  }

  /// Its owner has it end in order.
  void stopHere(Message.StopActor message) {
    ActorCell cell = host.find(message.actor());
    if (cell == null) {
      return;
    }
    cell.stop(message.reason(), message.why());
    String late =
        "%s; it did not end within %s"
            .formatted(message.why(), Durations.text(Duration.ofMillis(message.deadlineMillis())));
    if (!cell.isDead()) {
      runtime
          .timer()
          .schedule(
              () -> cell.kill(Reason.KILLED, late),
              message.deadlineMillis(),
              TimeUnit.MILLISECONDS);
    }
  }

  void nodeDied(NodeId node, String reason) {
    // Taken first: below, the clients of actors that restart forget their routes.
    List<RemoteRoute> lost = routesTo(node);
    owned.nodeDied(node, reason);
    for (ActorClient client : clients.all()) {
      if (client.id().detached()) {
        watch(client);
      } else if (client.id().owner().equals(node) && !node.equals(runtime.id())) {
        client.died(ownerDied(client.id()));
      }
    }
    lost.forEach(route -> route.nodeDied(reason));
    detached.adopt();
  }

  private static ActorDiedException ownerDied(ActorId id) {
    return new ActorDiedException(Reason.OWNER_DIED, id + " died with its owner " + id.owner());
  }

  /// This runtime is closed: nothing that was called will be answered.
  void closed() {
    for (ActorClient client : clients.all()) {
      client.died(
          new ActorDiedException(
              Reason.RUNTIME_CLOSED,
              client.id() + " can't be called any more: " + runtime + " was closed"));
    }
  }

  private List<RemoteRoute> routesTo(NodeId node) {
    var routes = new ArrayList<RemoteRoute>();
    for (ActorClient client : clients.all()) {
      if (client.route() instanceof RemoteRoute route && route.node().equals(node)) {
        routes.add(route);
      }
      client.formerRoutes().stream()
          .filter(former -> former.node().equals(node))
          .forEach(routes::add);
    }
    return routes;
  }

  /// A job is over, since its process is gone: its actors end on this node, and those that the
  /// process owned.
  void jobEnded(JobId job) {
    NodeId process = job.driver();
    host.killAll(
        cell -> !cell.spec().id().detached() && cell.spec().id().owner().equals(process),
        Reason.OWNER_DIED,
        "its owner " + process + " is gone");
    host.killAll(
        cell -> !cell.spec().id().detached() && cell.spec().job().equals(job),
        Reason.JOB_ENDED,
        job + " ended");
  }

  // Host

  /// Starts an actor here when its resources are free, or refuses it.
  void host(NodeId from, Message.CreateActor message) {
    boolean leaves = runtime.isClosing() && !from.equals(runtime.id());
    if (runtime.isClosed() || leaves || runtime.state().isCordoned()) {
      var refused = new Message.ActorRefused(message.actor(), message.incarnation());
      runtime.cluster().send(from, refused);
      return;
    }
    Optional<Capture> constructor =
        from.equals(runtime.id())
            ? Optional.ofNullable(owned.get(message.actor())).map(actor -> actor.constructor)
            : Optional.of(Capture.of(message.constructor(), message.name()));
    if (constructor.isEmpty()) {
      return; // killed since it was sent
    }
    Setting setting = Setting.decode(message.setting(), runtime.codec());
    var spec =
        new ActorCell.Spec(
            message.actor(),
            message.incarnation(),
            message.reason(),
            constructor.get(),
            message.options(),
            message.job(),
            codec(message, setting),
            setting,
            message.state());
    var placing = new Placing(runtime, spec, message.slot(), from);
    runtime.admission().submit(placing);
    if (!runtime.cluster().isAlone() && !placing.isTaken()) {
      refuseLater(placing);
    }
  }

  /// What waits for the quota of its job would do so on another node as well.
  private void refuseLater(Placing placing) {
    runtime
        .timer()
        .schedule(
            () -> {
              boolean waits = !placing.isTaken() && placing.wanted() && takesActors();
              if (waits && runtime.admission().isStopped(placing.shape())) {
                refuseLater(placing);
              } else {
                placing.refuse();
              }
            },
            REFUSE_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private boolean takesActors() {
    return !runtime.isClosing() && !runtime.state().isCordoned();
  }

  private ValueCodec codec(Message.CreateActor message, Setting setting) {
    JobCodecs codecs = runtime.cluster().codecs();
    return message.actor().detached()
        ? codecs.codecOfDetached(message.job(), setting)
        : codecs.codec(message.job(), setting);
  }

  /// Its owner has it leave for another node.
  void moveAway(NodeId owner, Message.MoveActor message) {
    ActorCell cell = host.find(message.actor());
    boolean moves =
        cell != null
            && cell.spec().incarnation() == message.incarnation()
            && cell.move("it moves to another node");
    if (!moves) {
      runtime
          .cluster()
          .send(
              owner,
              new Message.ActorMoved(
                  message.actor(), message.incarnation(), false, Optional.empty()));
    }
  }

  /// An incarnation ended on this node: calls made here look for the next one.
  void leftHere(ActorCell cell) {
    host.remove(cell);
    ActorClient client = clients.find(cell.spec().id());
    if (client != null && client.route() instanceof LocalRoute route && route.cell() == cell) {
      client.lost(route, "it ended on " + runtime.id());
    }
  }

  @Nullable ActorCell hosted(ActorId id) {
    return host.find(id);
  }

  // Caller

  /// Looks for an actor: at its owner, who knows.
  void locate(ActorClient client) {
    NodeId owner = director(client.id());
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
      return;
    }
    Optional<ActorDiedException> death = deathWith(owner, client.id(), client.searchedNanos());
    if (death.isPresent()) {
      client.died(death.get());
    } else {
      runtime.cluster().send(owner, new Message.FindActor(client.id()));
      // Its owner may not be known here yet, or may be gone before it answers.
      client.searchLater();
    }
  }

  /// Why an actor is dead of which its director will not say so, since that is gone or unknown.
  ///
  /// @param askedNanos for how long it was asked
  private Optional<ActorDiedException> deathWith(NodeId director, ActorId id, long askedNanos) {
    boolean gone = runtime.cluster().isGone(director);
    if (gone && !id.detached()) {
      return Optional.of(ownerDied(id));
    }
    if (id.detached() && !detached.isUnknown(id)) {
      return Optional.empty(); // until another directs it
    }
    boolean tooLong =
        !runtime.cluster().isAlive(director)
            && askedNanos > runtime.config().joinTimeout().toNanos();
    if (!gone && !tooLong) {
      return Optional.empty();
    }
    return Optional.of(
        id.detached()
            ? new ActorDiedException(Reason.UNKNOWN, id + " is dead: no node knows it any more")
            : new ActorDiedException(
                Reason.OWNER_DIED,
                id + " can't be found: its owner " + director + " is not known"));
  }

  /// Another process asks where an actor of this one is.
  void find(NodeId asker, ActorId id) {
    OwnedActor actor = owned.get(id);
    Message answer;
    if (actor == null) {
      if (isDirectedElsewhere(id)) {
        return; // who asks will hear of that, and ask there
      }
      answer = new Message.ActorDead(id, Message.Result.of(owned.deathOf(id)));
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
                    actor.state == OwnedActor.State.ALIVE,
                    Message.CallLimits.of(actor.options));
      }
    }
    runtime.cluster().send(asker, answer);
  }

  private boolean isDirectedElsewhere(ActorId id) {
    return id.detached() && !detached.isUnknown(id) && !director(id).equals(runtime.id());
  }

  void found(Message.ActorAt message) {
    ActorClient client = client(message.actor());
    client.limits(message.limits());
    if (message.there() && runtime.cluster().isAlive(message.node())) {
      route(client, message.node(), message.incarnation());
    } else {
      // On its way, or its owner has yet to hear that its node died, or this process that it came,
      // until when what is sent there is lost: ask again.
      client.searchLater();
    }
  }

  void dead(Message.ActorDead message) {
    client(message.actor()).died((ActorDiedException) failure(message.reason()));
    forget(message.actor());
  }

  void route(ActorClient client, NodeId node, int incarnation) {
    if (node.equals(runtime.id())) {
      ActorCell cell = host.find(client.id());
      if (cell != null) {
        client.located(new LocalRoute(cell, node), "it lives here");
      } // else it ended just now, of which its owner is being told
    } else {
      client.located(new RemoteRoute(runtime, client, node, incarnation), "it lives on " + node);
    }
  }

  private record LocalRoute(ActorCell cell, NodeId node) implements ActorClient.Route {
    @Override
    public Runnable send(Call call) {
      return cell.accept(call);
    }

    @Override
    public void cancel(Call call) {
      // A call that waits here is dropped when its turn comes.
    }

    @Override
    public void credit(Call call, long values) {
      // The call reaches who gives them by itself.
    }
  }

  void callItem(Message.CallItem message) {
    ActorClient client = clients.find(message.actor());
    if (client != null && !(client.route() instanceof RemoteRoute route && route.item(message))) {
      client.formerRoutes().forEach(former -> former.item(message));
    }
  }

  void callDone(Message.CallDone message) {
    ActorClient client = clients.find(message.actor());
    if (client != null && !(client.route() instanceof RemoteRoute route && route.done(message))) {
      client.formerRoutes().forEach(former -> former.done(message));
    }
  }

  void notHere(NodeId from, Message.NotHere message) {
    ActorClient client = clients.find(message.actor());
    if (client == null) {
      return;
    }
    if (client.route() instanceof RemoteRoute route && route.leadsTo(from, message.incarnation())) {
      client.lost(route, "it is not on " + from + " any more");
    }
    for (RemoteRoute former : client.formerRoutes()) {
      if (former.leadsTo(from, message.incarnation())) {
        former.refused(message.number());
      }
    }
  }

  /// Done when it is dead.
  CompletionStage<ActorDiedException> whenDead(ActorClient client) {
    return client.whenDead(() -> watch(client)).minimalCompletionStage();
  }

  /// Another process directs a detached actor now.
  void directorChanged(ActorId id) {
    ActorClient client = clients.find(id);
    if (client != null) {
      watch(client);
    }
  }

  private void watch(ActorClient client) {
    watch(client, System.nanoTime());
  }

  /// Has the owner of an actor tell of its death; until that is known here, tries again.
  private void watch(ActorClient client, long sinceNanos) {
    ActorId id = client.id();
    if (owned.contains(id) || !client.isWatched() || runtime.isClosed()) {
      return; // it is told anyway
    }
    NodeId director = director(id);
    Optional<ActorDiedException> death =
        deathWith(director, id, detached.isUnknown(id) ? System.nanoTime() - sinceNanos : 0);
    if (death.isPresent()) {
      client.died(death.get());
    } else if (runtime.cluster().isAlive(director)) {
      runtime.cluster().send(director, new Message.WatchActor(id));
    } else {
      runtime
          .timer()
          .schedule(() -> watch(client, sinceNanos), WATCH_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /// Another process wants to be told of the death of an actor of this one.
  void watched(NodeId watcher, ActorId id) {
    if (!owned.watch(watcher, id) && !isDirectedElsewhere(id)) {
      var dead = new Message.ActorDead(id, Message.Result.of(owned.deathOf(id)));
      runtime.cluster().send(watcher, dead);
    }
  }

  /// What the user named an actor that this process created.
  Optional<String> name(ActorId id) {
    return Optional.ofNullable(owned.get(id)).flatMap(actor -> actor.options.name());
  }
}
