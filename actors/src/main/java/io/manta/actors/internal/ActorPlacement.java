package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.InfeasibleException;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.PendingWork;
import io.manta.core.Scheduling;
import io.manta.core.SlotId;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where the actors that this process owns are started: on a node with room, in a slot there; those
/// that find none wait.
final class ActorPlacement {
  private static final Logger LOG = LoggerFactory.getLogger(ActorPlacement.class);

  private final MantaRuntime runtime;
  private final OwnedActors owned;
  private final ConcurrentHashMap<NodeId, AtomicInteger> placed = new ConcurrentHashMap<>();
  private final AtomicInteger nextSlot = new AtomicInteger();

  /// Of actors that spread, how many of a shape there are on a node.
  private final ConcurrentHashMap<Place, Integer> alike = new ConcurrentHashMap<>();

  private record Place(NodeId node, Shape shape) {}

  /// All that are [OwnedActor.State#PENDING], by priority, then in the order of their creation.
  private final Set<OwnedActor> pending =
      new ConcurrentSkipListSet<>(
          Comparator.<OwnedActor>comparingInt(actor -> -actor.options.scheduling().priority())
              .thenComparingLong(actor -> Math.abs(actor.id.number()))
              .thenComparing(actor -> actor.id.toString()));

  ActorPlacement(MantaRuntime runtime, OwnedActors owned) {
    this.runtime = runtime;
    this.owned = owned;
  }

  /// A slot on a node with room.
  SlotId slotFor(JobId job, ActorOptions options, Setting setting) {
    return slotOn(candidate(shape(job, options, setting)).orElse(runtime.id()));
  }

  private SlotId slotOn(NodeId node) {
    return new SlotId(node, Math.floorMod(nextSlot.incrementAndGet(), SlotId.PER_NODE));
  }

  static Shape shape(JobId job, ActorOptions options, Setting setting) {
    return new Shape(job, options.placement(), options.scheduling(), setting.quota());
  }

  static Shape shape(OwnedActor actor) {
    return shape(actor.job, actor.options, actor.setting);
  }

  private static boolean isSpread(Shape shape) {
    return shape.scheduling().strategy() == Scheduling.Strategy.SPREAD;
  }

  /// The node with room, else one that could have it.
  private Optional<NodeId> candidate(Shape shape) {
    Collection<NodeView> views = views();
    Optional<NodeId> now =
        Placement.chooseForActor(
            shape,
            views,
            isSpread(shape)
                ? node -> alike.getOrDefault(new Place(node, shape), 0)
                : this::placedOn);
    return now.isPresent()
        ? now
        : views.stream()
            .filter(node -> Placement.allows(shape, node))
            .filter(node -> node.total().cover(shape.resources()))
            .map(NodeView::id)
            .min(Comparator.comparingLong(this::placedOn));
  }

  private Collection<NodeView> views() {
    Collection<NodeView> all = runtime.cluster().views();
    for (NodeView node : all) {
      if (!takesActors(node)) {
        return all.stream().filter(this::takesActors).toList();
      }
    }
    return all;
  }

  /// One that is cordoned takes none. One that leaves takes no more, but its own until it is
  /// closed.
  boolean takesActors(NodeView node) {
    return !node.cordoned()
        && (node.id().equals(runtime.id()) ? !runtime.isClosed() : !node.leaving());
  }

  /// How many actors this process has placed there.
  long placedOn(NodeId node) {
    AtomicInteger count = placed.get(node);
    return count == null ? 0 : count.get();
  }

  /// One more is placed there.
  void count(NodeId node) {
    placed.computeIfAbsent(node, missing -> new AtomicInteger()).incrementAndGet();
  }

  /// It is there, or nowhere, from now on. Under the actor's lock.
  void placed(OwnedActor actor, @Nullable NodeId to) {
    Shape shape = shape(actor);
    if (isSpread(shape) && actor.node != null) {
      alike.computeIfPresent(
          new Place(actor.node, shape), (place, count) -> count == 1 ? null : count - 1);
    }
    if (isSpread(shape) && to != null) {
      alike.merge(new Place(to, shape), 1, Integer::sum);
    }
    if (actor.node != null) {
      placed.computeIfAbsent(actor.node, node -> new AtomicInteger()).decrementAndGet();
    }
    if (to != null) {
      count(to);
    }
    actor.node = to;
  }

  /// Sends the actor to a node, in a slot that is there.
  void place(OwnedActor actor) {
    Optional<NodeId> node = candidate(shape(actor));
    if (node.isEmpty()) {
      synchronized (actor) {
        if (!actor.isUnplaced()) {
          return; // another thread has placed it
        }
        waits(actor);
      }
      LOG.debug("{} waits for a node", actor.what());
      return;
    }
    placeOn(actor, node.get());
  }

  void placeOn(OwnedActor actor, NodeId node) {
    send(actor, node, actor.slot.home().equals(node) ? actor.slot : slotOn(node));
  }

  private void send(OwnedActor actor, NodeId node, SlotId slot) {
    Message.CreateActor message;
    synchronized (actor) {
      if (!actor.isUnplaced()) {
        return; // another thread has placed it
      }
      waitsNoMore(actor);
      actor.state = OwnedActor.State.STARTING;
      actor.placedNanos = System.nanoTime();
      placed(actor, node);
      actor.slot = slot;
      message =
          new Message.CreateActor(
              actor.id,
              actor.incarnation,
              slot,
              actor.reason,
              actor.job,
              actor.type,
              node.equals(runtime.id())
                  ? Payload.of(new byte[0])
                  : actor.constructor.encoded(runtime.cluster().codec(actor.job)),
              actor.options,
              actor.setting.encode(runtime.codec()),
              actor.handedOver);
    }
    runtime.cluster().send(node, message);
    if (!runtime.cluster().isAlive(node)) {
      refused(node, new Message.ActorRefused(actor.id, message.incarnation()));
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
      waits(actor);
    }
    place(actor);
  }

  /// It is to be placed when that can be, unless it is dead by now. Under the actor's lock.
  void waits(OwnedActor actor) {
    if (actor.state != OwnedActor.State.DEAD) {
      actor.state = OwnedActor.State.PENDING;
      if (pending.add(actor)) {
        actor.waitsNanos = System.nanoTime();
      }
    }
  }

  /// It does not wait any more. Under the actor's lock.
  void waitsNoMore(OwnedActor actor) {
    pending.remove(actor);
    actor.infeasibleSince = null;
  }

  /// Tries again to place what waits: resources were freed or a node came.
  void placePending() {
    var without = new HashSet<Shape>();
    for (OwnedActor actor : pending) {
      Shape shape = shape(actor);
      if (!without.contains(shape) && candidate(shape).isPresent()) {
        place(actor);
      } else {
        without.add(shape);
      }
    }
  }

  /// The answer to where a slot went.
  void slotAt(Message.SlotAt message) {
    runtime.cluster().slotFound(message.slot());
    for (OwnedActor actor : pending) {
      boolean toThatSlot;
      synchronized (actor) {
        toThatSlot = actor.state == OwnedActor.State.PENDING && actor.slot.equals(message.slot());
      }
      if (toThatSlot) {
        if (actor.options.scheduling().equals(Scheduling.defaults())
            && !actor.options.placement().isBundled()) {
          send(actor, message.node(), message.slot());
        } else {
          place(actor);
        }
      }
    }
  }

  /// Gives up those that no node could ever have held for too long.
  void checkFeasible(long warnNanos, long failNanos) {
    Collection<NodeView> views = runtime.supply().andNodes();
    for (OwnedActor actor : pending) {
      Shape shape = shape(actor);
      long waited;
      synchronized (actor) {
        if (actor.state != OwnedActor.State.PENDING
            || runtime.groups().isAwaited(shape)
            || Placement.feasible(shape, views)) {
          actor.infeasibleSince = null;
          continue;
        }
        if (actor.infeasibleSince == null) {
          actor.warned = "";
          actor.infeasibleSince = System.nanoTime();
        }
        waited = System.nanoTime() - actor.infeasibleSince;
      }
      String why = Placement.explain(shape, runtime.nodeViews());
      if (waited > failNanos) {
        owned.end(
            actor,
            new ActorDiedException(
                Reason.RESOURCES_GONE,
                actor.what() + " was not placed: " + why,
                new InfeasibleException(why)));
      } else if (waited > warnNanos && !why.equals(actor.warned)) {
        actor.warned = why;
        LOG.warn(
            "{} is pending: {}; it fails after {} (infeasible-timeout), unless a node comes that can",
            actor.what(),
            why,
            Durations.text(Duration.ofNanos(failNanos)));
      }
    }
  }

  /// Those of this process that wait to be placed.
  List<PendingWork> pendingWork() {
    var all = new ArrayList<PendingWork>();
    for (OwnedActor actor : pending) {
      whyUnplaced(actor.id)
          .ifPresent(
              why ->
                  all.add(
                      new PendingWork(
                          actor.what() + " for " + shape(actor),
                          1,
                          Pending.since(actor.waitsNanos),
                          why,
                          runtime.id())));
    }
    return all;
  }

  /// What those ask for that wait to be placed, and since when.
  void pendingShapes(ObjLongConsumer<Shape> consumer) {
    pending.forEach(actor -> consumer.accept(shape(actor), actor.waitsNanos));
  }

  /// What an actor of this process waits for before it can be on a node.
  Optional<String> whyUnplaced(ActorId id) {
    OwnedActor actor = owned.get(id);
    if (actor == null) {
      return Optional.empty();
    }
    Shape shape = shape(actor);
    String lacking = runtime.quotas().whyWaiting(shape).map(": "::concat).orElse("");
    synchronized (actor) {
      if (actor.state == OwnedActor.State.STARTING && actor.node != null) {
        return Optional.of(
            "its constructor or onStart has run for %s on %s, or waits there for what others hold%s"
                .formatted(
                    Durations.text(Duration.ofNanos(System.nanoTime() - actor.placedNanos)),
                    actor.node,
                    lacking));
      }
      if (actor.state != OwnedActor.State.PENDING) {
        return Optional.empty();
      }
    }
    return Optional.of(runtime.whyWaiting(shape));
  }
}
