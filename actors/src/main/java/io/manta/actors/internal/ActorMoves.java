package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.NodeId;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/// Moves actors that this process owns from node to node, when somebody asks.
final class ActorMoves {
  private final MantaRuntime runtime;
  private final Actors actors;
  private final OwnedActors owned;
  private final ActorPlacement placement;

  ActorMoves(MantaRuntime runtime, Actors actors, OwnedActors owned, ActorPlacement placement) {
    this.runtime = runtime;
    this.actors = actors;
    this.owned = owned;
    this.placement = placement;
  }

  /// Moves actors one after another, as far as they may be moved: from the nodes with many of this
  /// process's to those with few, or all away from one node.
  ///
  /// @param from that node; empty to even them out
  /// @return done with how many were moved
  CompletableFuture<Integer> move(Optional<NodeId> from) {
    return moveNext(from, new HashSet<>(), 0);
  }

  private CompletableFuture<Integer> moveNext(
      Optional<NodeId> from, Set<ActorId> tried, int moved) {
    for (OwnedActor actor : owned.all()) {
      Optional<NodeId> target = tried.contains(actor.id) ? Optional.empty() : target(actor, from);
      if (target.isPresent()) {
        tried.add(actor.id);
        return move(actor, target.get())
            .thenComposeAsync(
                done -> moveNext(from, tried, moved + (done ? 1 : 0)), runtime.callbacks());
      }
    }
    return CompletableFuture.completedFuture(moved);
  }

  private Optional<NodeId> target(OwnedActor actor, Optional<NodeId> from) {
    NodeId now;
    synchronized (actor) {
      now = actor.state == OwnedActor.State.ALIVE && actor.move == null ? actor.node : null;
    }
    if (now == null) {
      return Optional.empty();
    }
    if (from.isEmpty()) {
      return better(actor, now);
    }
    List<NodeView> others =
        runtime.cluster().views().stream()
            .filter(node -> !node.id().equals(now) && placement.takesActors(node))
            .toList();
    return from.get().equals(now)
        ? Placement.chooseForActor(ActorPlacement.shape(actor), others, placement::placedOn)
        : Optional.empty();
  }

  /// A node with room that has fewer actors, also after the move.
  private Optional<NodeId> better(OwnedActor actor, NodeId now) {
    Shape shape = ActorPlacement.shape(actor);
    Collection<NodeView> views = runtime.cluster().views();
    return views.stream()
        .filter(placement::takesActors)
        .filter(node -> Placement.allows(shape, node))
        .filter(node -> !isPreferredTo(shape, now, node, views))
        .filter(node -> node.available().cover(actor.options.placement()))
        .map(NodeView::id)
        .filter(node -> placement.placedOn(node) + 1 < placement.placedOn(now))
        .min(Comparator.comparingLong(placement::placedOn));
  }

  private static boolean isPreferredTo(
      Shape shape, NodeId now, NodeView other, Collection<NodeView> views) {
    return views.stream()
        .filter(node -> node.id().equals(now))
        .anyMatch(node -> Placement.rank(shape, node) < Placement.rank(shape, other));
  }

  private CompletableFuture<Boolean> move(OwnedActor actor, NodeId target) {
    var move = new OwnedActor.Move(target, new CompletableFuture<>());
    NodeId from;
    int incarnation;
    synchronized (actor) {
      if (actor.state != OwnedActor.State.ALIVE || actor.node == null || actor.move != null) {
        return CompletableFuture.completedFuture(false);
      }
      actor.move = move;
      from = actor.node;
      incarnation = actor.incarnation;
    }
    runtime.cluster().send(from, new Message.MoveActor(actor.id, incarnation));
    return move.done();
  }

  void moved(NodeId node, Message.ActorMoved message) {
    OwnedActor actor = owned.get(message.actor());
    if (actor == null) {
      return;
    }
    NodeId target;
    synchronized (actor) {
      if (actor.incarnation != message.incarnation() || !node.equals(actor.node)) {
        return;
      }
      target = message.moved() && actor.move != null ? actor.move.target() : null;
      if (message.moved()) {
        actor.incarnation++;
        placement.waits(actor);
        actor.handedOver = message.state();
        actor.reason = "it moved from " + node;
        placement.placed(actor, null);
      }
    }
    if (target == null) {
      end(actor, false);
    }
    if (message.moved()) {
      actors.client(actor.id).expectLocation("it moves to another node");
      actors.detached().changed(actor);
      if (target == null) {
        placement.place(actor);
      } else {
        placement.placeOn(actor, target);
      }
    }
  }

  static void end(OwnedActor actor, boolean moved) {
    OwnedActor.Move move;
    synchronized (actor) {
      move = actor.move;
      actor.move = null;
    }
    if (move != null) {
      move.done().complete(moved);
    }
  }
}
