package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorInfo;
import io.manta.core.ActorOptions;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.JobId;
import io.manta.core.Lifetime;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.SlotId;
import io.manta.core.WaitInterruptedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The actors that this process owns: it keeps what they are created with, and directs how they are
/// named, restarted and ended; [ActorPlacement] where they are placed, [ActorMoves] where they
/// move.
final class OwnedActors {
  private static final Logger LOG = LoggerFactory.getLogger(OwnedActors.class);

  /// How long the name of an actor is claimed at most.
  private static final Duration CLAIM_DEADLINE = Duration.ofSeconds(10);

  private static final Duration STOP_DEADLINE = Duration.ofSeconds(30);
  private static final long CLAIM_AGAIN_MILLIS = 50;

  /// How many deaths are remembered for those who ask later.
  private static final int DEATHS = 1_000;

  private final MantaRuntime runtime;
  private final Actors actors;
  private final ConcurrentHashMap<ActorId, OwnedActor> owned = new ConcurrentHashMap<>();
  private final ActorPlacement placement;
  private final ActorMoves moves;
  private final AtomicLong numbers = new AtomicLong();
  private final Map<ActorId, Death> deaths = new Deaths();
  private volatile ActorOptions lastOptions = ActorOptions.defaults();

  /// Nothing of the actor itself, which keeps what its constructor captured.
  private record Death(ActorInfo actor, ActorDiedException reason) {}

  @SuppressWarnings("serial")
  private static final class Deaths extends LinkedHashMap<ActorId, Death> {
    @Override
    protected boolean removeEldestEntry(Map.Entry<ActorId, Death> eldest) {
      return size() > DEATHS;
    }
  }

  OwnedActors(MantaRuntime runtime, Actors actors) {
    this.runtime = runtime;
    this.actors = actors;
    this.placement = new ActorPlacement(runtime, this);
    this.moves = new ActorMoves(runtime, actors, this, placement);
  }

  ActorPlacement placement() {
    return placement;
  }

  ActorMoves moves() {
    return moves;
  }

  @Nullable OwnedActor get(ActorId id) {
    return owned.get(id);
  }

  boolean contains(ActorId id) {
    return owned.containsKey(id);
  }

  /// Whether it was created here, is not any more, and nobody else directs it.
  boolean hasForgotten(ActorId id) {
    return id.owner().equals(runtime.id())
        && !owned.containsKey(id)
        && actors.detached().isUnknown(id);
  }

  Collection<OwnedActor> all() {
    return owned.values();
  }

  /// At most so many of them, and of those that died of late.
  List<ActorInfo> infos(int limit) {
    var infos = new ArrayList<ActorInfo>();
    for (OwnedActor actor : owned.values()) {
      if (infos.size() >= limit) {
        return infos;
      }
      infos.add(actor.info(Optional.empty()));
    }
    synchronized (deaths) {
      deaths.values().stream().limit(limit - infos.size()).forEach(death -> infos.add(death.actor));
    }
    return infos;
  }

  // Creation

  /// @param captured the constructor
  <A extends RemoteActor> ActorHandle<A> create(Capture captured, ActorOptions wanted) {
    Setting setting = Setting.ofActor(wanted, runtime);
    ActorOptions named = PlacementGroups.named(wanted);
    ActorOptions options =
        shared(
            named.namespace().isPresent() ? named : named.withNamespace(setting.namespaceName()));
    checkIsolation(options);
    boolean detached = options.lifetime() == Lifetime.DETACHED;
    if (detached) {
      DetachedActors.check(captured, runtime);
    }
    JobId job = runtime.currentJob();
    SlotId slot = placement.slotFor(job, options, setting);
    long number = numbers.incrementAndGet();
    var id = new ActorId(slot, runtime.id(), detached ? -number : number);
    var actor = new OwnedActor(id, captured, options, job, setting);
    owned.put(id, actor); // first, since others find it as soon as it has its name
    if (options.getIfExists()) {
      ActorId holder = claimOrForget(actor);
      if (!holder.equals(id)) {
        return new Handle<>(actors.client(holder));
      }
      actor.named = true;
    }
    ActorClient client = actors.client(id);
    actor.client = client;
    client.limits(Message.CallLimits.of(options));
    client.expectLocation("it waits to be placed");
    if (!detached) {
      beChild(actor);
    }
    actors.detached().created(actor, () -> placeOnceReady(actor, captured));
    return new Handle<>(client, options.lifetime() == Lifetime.HANDLES ? counting(id) : null);
  }

  private void placeOnceReady(OwnedActor actor, Capture captured) {
    Tasks.whenAllDone(
        captured.refs(),
        () -> {
          MantaException failure = captured.failedRef();
          if (failure != null) {
            end(
                actor,
                new ActorDiedException(
                    Reason.CONSTRUCTOR_FAILED,
                    actor.what() + " could not be created: " + failure.getMessage(),
                    failure));
          } else {
            nameAndPlace(actor);
          }
        });
  }

  /// The same object for actors created in a row alike.
  private ActorOptions shared(ActorOptions options) {
    ActorOptions before = lastOptions;
    if (options.equals(before)) {
      return before;
    }
    lastOptions = options;
    return options;
  }

  /// A ref that all handles to an actor have.
  private Ref<?> counting(ActorId id) {
    Ref<?> ref = runtime.objects().internalRef(runtime.currentJob());
    runtime.objects().export(ref);
    ref.complete(new StoredValue.Shared(new HandleCount(() -> noHandleLeft(id))));
    return ref;
  }

  private void noHandleLeft(ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor != null) {
      runtime
          .callbacks()
          .execute(() -> stop(actor, Reason.OUT_OF_SCOPE, "nothing had a handle to it any more"));
    }
  }

  private static void checkIsolation(ActorOptions options) {
    if (options.isolation().isPresent()
        && (options.maxConcurrency() > 1 || !options.concurrencyGroups().isEmpty())) {
      throw new IllegalArgumentException(
          "an isolated actor runs one call at a time: leave out maxConcurrency and concurrency"
              + " groups, or isolation");
    }
  }

  /// What an actor creates ends with it.
  private void beChild(OwnedActor actor) {
    CurrentCall call = CurrentCall.orNull();
    if (call == null || call.context().actor().isEmpty()) {
      return;
    }
    ActorCell parent = actors.hosted(call.context().actor().get());
    if (parent == null) {
      actors.stop(actor.id, "its parent had ended");
    } else {
      actor.parent = parent;
      parent.adopt(actor.id);
    }
  }

  /// As [#claimNow]; an actor without the name is forgotten.
  private ActorId claimOrForget(OwnedActor actor) {
    ActorId holder = null;
    try {
      holder = claimNow(actor);
      return holder;
    } finally {
      if (!actor.id.equals(holder) && owned.remove(actor.id, actor)) {
        actor.constructor.close(runtime.objects());
      }
    }
  }

  /// Claims the name of an actor, and waits for the answer.
  ///
  /// @return who has it now
  private ActorId claimNow(OwnedActor actor) {
    String name =
        actor
            .options
            .name()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "getIfExists() needs the name of the actor; add named(...)"));
    long end = System.nanoTime() + CLAIM_DEADLINE.toNanos();
    try {
      while (true) {
        ActorId holder =
            runtime
                .cluster()
                .claimName(actor.qualifiedName(), actor.id)
                .toCompletableFuture()
                .get(CLAIM_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        OwnedActor own = owned.get(holder);
        boolean dies = holder.owner().equals(runtime.id()) && (own == null || own.isEnding());
        if (holder.equals(actor.id) || !dies || System.nanoTime() > end) {
          return holder;
        }
        Thread.sleep(CLAIM_AGAIN_MILLIS); // its name is about to be free
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException("interrupted while claiming the name '" + name + "'", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new ClusterUnavailableException(
          "the name '%s' could not be claimed within %s: %s"
              .formatted(name, Durations.text(CLAIM_DEADLINE), e),
          e);
    }
  }

  private void nameAndPlace(OwnedActor actor) {
    if (actor.options.name().isEmpty() || actor.named) {
      placement.place(actor);
      return;
    }
    String name = actor.options.name().get();
    runtime
        .cluster()
        .claimName(actor.qualifiedName(), actor.id)
        .whenComplete(
            (holder, failure) -> {
              if (failure != null) {
                end(
                    actor,
                    new ActorDiedException(
                        Reason.UNKNOWN,
                        actor.what() + " could not claim its name: " + failure.getMessage(),
                        failure));
              } else if (holder.equals(actor.id)) {
                boolean dead;
                synchronized (actor) {
                  actor.named = true;
                  dead = actor.state == OwnedActor.State.DEAD;
                }
                if (dead) {
                  releaseName(actor); // it was not its own yet when that was done
                } else {
                  placement.place(actor);
                }
              } else {
                end(
                    actor,
                    new ActorDiedException(
                        Reason.NAME_TAKEN,
                        "%s was not created: the name '%s' is taken by %s; use another, find it by manta.find(...), or add getIfExists()"
                            .formatted(actor.what(), name, holder)));
              }
            });
  }

  private void releaseName(OwnedActor actor) {
    if (actor.options.name().isPresent()) {
      runtime.cluster().releaseName(actor.qualifiedName(), actor.id);
    }
  }

  void started(NodeId node, Message.ActorStarted message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor == null) {
      killAt(node, message.actor(), message.incarnation(), "its owner forgot it");
      return;
    }
    boolean dead;
    Message.StopActor stop;
    synchronized (actor) {
      stop = actor.stop;
      // Also when it was placed elsewhere since.
      dead =
          actor.state == OwnedActor.State.DEAD
              || actor.incarnation != message.incarnation()
              || !node.equals(actor.node);
      if (!dead) {
        placement.waitsNoMore(actor);
        actor.state = OwnedActor.State.ALIVE;
        actor.type = message.type();
        actor.handedOver = Optional.empty();
        placement.placed(actor, node);
      }
    }
    if (dead) {
      killAt(node, message.actor(), message.incarnation(), "it was killed");
    } else {
      actors.route(actors.client(message.actor()), node, message.incarnation());
      actors.detached().changed(actor);
      ActorMoves.end(actor, true);
      if (stop != null) {
        runtime.cluster().send(node, stop); // it did not get it where it was
      }
    }
  }

  void ended(NodeId node, Message.ActorEnded message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor != null) {
      synchronized (actor) {
        if (actor.incarnation != message.incarnation() || !node.equals(actor.node)) {
          return;
        }
      }
      var reason = (ActorDiedException) actors.failure(message.reason());
      if (reason.reason() != Reason.PROCESS_DIED) {
        end(actor, reason);
      } else if (mayRestart(actor)) {
        restart(actor, String.valueOf(reason.getMessage()));
      } else {
        endWithout(actor, Reason.PROCESS_DIED, String.valueOf(reason.getMessage()), reason);
      }
    }
  }

  void end(OwnedActor actor, ActorDiedException reason) {
    Collection<NodeId> watchers;
    synchronized (actor) {
      if (actor.ended) {
        return;
      }
      actor.ended = true;
      actor.state = OwnedActor.State.DEAD;
      placement.waitsNoMore(actor);
      placement.placed(actor, null);
      watchers = actor.watchers;
      actor.watchers = Set.of();
    }
    synchronized (deaths) {
      deaths.put(
          actor.id,
          new Death(actor.info(Optional.of(String.valueOf(reason.getMessage()))), reason));
    }
    if (actor.id.detached()) {
      LOG.info("the detached {} ended: {}", actor.what(), reason.getMessage());
    }
    actors.client(actor.id).died(reason);
    // A handle keeps its client, and with it the reason; whoever asks later hears that it is dead.
    owned.remove(actor.id);
    actor.constructor.close(runtime.objects());
    actors.forget(actor.id);
    releaseName(actor);
    actors.detached().ended(actor.id);
    ActorMoves.end(actor, false);
    ActorCell parent = actor.parent;
    if (parent != null) {
      parent.forgetChild(actor.id);
    }
    if (!watchers.isEmpty()) {
      var message = new Message.ActorDead(actor.id, Message.Result.of(reason));
      watchers.forEach(watcher -> runtime.cluster().send(watcher, message));
    }
  }

  /// Why an actor of this process is dead.
  ActorDiedException deathOf(ActorId id) {
    synchronized (deaths) {
      Death known = deaths.get(id);
      return known != null
          ? known.reason
          : new ActorDiedException(
              Reason.UNKNOWN, id + " is dead: its owner does not know it any more");
    }
  }

  /// Another process asks to be told of the death of an actor.
  ///
  /// @return false when it is dead already, or not of this process
  boolean watch(NodeId watcher, ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor == null) {
      return false;
    }
    synchronized (actor) {
      if (actor.ended) {
        return false;
      }
      if (actor.watchers.isEmpty()) {
        actor.watchers = ConcurrentHashMap.newKeySet();
      }
      actor.watchers.add(watcher);
      return true;
    }
  }

  // Ends

  private void killAt(NodeId node, ActorId id, int incarnation, String why) {
    runtime.cluster().send(node, new Message.KillIncarnation(id, incarnation, why));
  }

  /// Ends an actor of this process for good, at once.
  void kill(OwnedActor actor, Reason reason, String why) {
    NodeId node;
    int incarnation;
    synchronized (actor) {
      if (actor.state == OwnedActor.State.DEAD) {
        return;
      }
      node = actor.node;
      incarnation = actor.incarnation;
      actor.state = OwnedActor.State.DEAD;
    }
    String where = node == null ? "" : " on " + node;
    end(actor, new ActorDiedException(reason, actor.what() + where + " died: " + why));
    if (node != null) {
      killAt(node, actor.id, incarnation, why);
    }
  }

  /// Ends an actor of this process in order.
  void stop(OwnedActor actor, Reason reason, String why) {
    var message = new Message.StopActor(actor.id, reason, why, STOP_DEADLINE.toMillis());
    NodeId node;
    boolean moves;
    synchronized (actor) {
      actor.stop = message;
      node = actor.state == OwnedActor.State.ALIVE ? actor.node : null;
      moves = actor.move != null;
    }
    if (node != null) {
      runtime.cluster().send(node, message);
    } else if (!moves) {
      kill(actor, reason, why);
    } // else it is told when it has arrived
  }

  void nodeDied(NodeId node, String reason) {
    for (OwnedActor actor : owned.values()) {
      boolean lived;
      synchronized (actor) {
        lived = node.equals(actor.node) && actor.state != OwnedActor.State.DEAD;
        if (!actor.watchers.isEmpty()) {
          actor.watchers.remove(node);
        }
      }
      if (lived) {
        lost(actor, node, reason);
      }
    }
  }

  /// It died with its node: it restarts if it may.
  void lost(OwnedActor actor, NodeId node, String reason) {
    if (mayRestart(actor)) {
      restart(actor, node + " died: " + reason);
    } else {
      String why = "%s died with %s (%s)".formatted(actor.what(), node, reason);
      endWithout(actor, Reason.NODE_DIED, why, null);
    }
  }

  /// It is not to restart, or may not any more.
  private void endWithout(OwnedActor actor, Reason reason, String why, @Nullable Throwable cause) {
    boolean stopping;
    synchronized (actor) {
      stopping = actor.stop != null;
    }
    end(
        actor,
        stopping
            ? new ActorDiedException(Reason.STOPPED, why + " while it was being stopped", cause)
            : new ActorDiedException(
                reason, why + " and " + noRestart(actor.options.maxRestarts()), cause));
  }

  private static String noRestart(int most) {
    return most == 0
        ? "may not restart (maxRestarts is 0)"
        : "has used up its maxRestarts of " + most;
  }

  /// A start that its node did not survive counts as well: its constructor may be what ended that.
  private static boolean mayRestart(OwnedActor actor) {
    synchronized (actor) {
      boolean waits = actor.state == OwnedActor.State.PENDING;
      return actor.state != OwnedActor.State.DEAD
          && actor.stop == null
          && (waits || actor.restarts < actor.options.maxRestarts());
    }
  }

  private void restart(OwnedActor actor, String why) {
    ActorMoves.end(actor, false);
    synchronized (actor) {
      if (actor.state == OwnedActor.State.DEAD) {
        return; // killed just now
      }
      if (actor.state != OwnedActor.State.PENDING) {
        actor.incarnation++;
        actor.restarts++;
      }
      placement.waits(actor);
      placement.placed(actor, null);
      actor.reason = why;
    }
    actors.client(actor.id).expectLocation("it restarts, since " + why);
    actors.detached().changed(actor);
    // Its slot may move to a survivor, which sharding chooses; the answer places the actor there.
    runtime.cluster().locateSlot(actor.slot);
  }

  /// After a node died: what kept its actors' names may have died with it.
  void claimNamesAgain() {
    for (OwnedActor actor : owned.values()) {
      boolean lives;
      synchronized (actor) {
        lives = actor.named && actor.state != OwnedActor.State.DEAD;
      }
      if (lives) {
        runtime.cluster().claimNameAgain(actor.qualifiedName(), actor.id);
      }
    }
  }

  /// A detached actor whose director is gone is this process's from now on.
  void adopt(OwnedActor actor) {
    if (owned.putIfAbsent(actor.id, actor) != null) {
      return; // a death and a change of what is known may both come to it at once
    }
    LOG.info("{} directs {} now, since its director is gone", runtime.id(), actor.id);
    actor.options.placement().group().ifPresent(runtime.groups()::known); // it ends with that
    ActorClient client = actors.client(actor.id);
    actor.client = client;
    client.limits(Message.CallLimits.of(actor.options));
    actors.detached().changed(actor);
    NodeId node;
    synchronized (actor) {
      node = actor.node;
      if (node == null) {
        placement.waits(actor);
      } else {
        placement.count(node);
      }
    }
    if (node == null) {
      runtime.cluster().locateSlot(actor.slot);
    } else if (!runtime.cluster().isAlive(node)) {
      lost(actor, node, "with it, or before, its director did");
    } else {
      actors.route(client, node, actor.incarnation);
    }
    if (actor.named) {
      runtime.cluster().claimNameAgain(actor.qualifiedName(), actor.id);
    }
  }

  /// Another process directs it from now on.
  void handOver(ActorId id) {
    OwnedActor actor = owned.remove(id);
    if (actor == null) {
      return;
    }
    LOG.info("{} does not direct {} any more", runtime.id(), id);
    synchronized (actor) {
      actor.state = OwnedActor.State.DEAD; // for this process
      placement.waitsNoMore(actor);
      placement.placed(actor, null);
    }
    ActorMoves.end(actor, false);
    actors.client(id).searchAgain();
  }
}
