package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/// Where work goes, as pure functions of the nodes' views.
///
/// A node that the work prefers comes before one that it does not. Among equals the default is
/// hybrid, as in Ray: nodes fill up in a fixed order until half of what the work asks for is in use
/// on them; past that the least used node is taken. Spread work takes the least used from the
/// start. Nodes that are short of memory are asked only for what no other could ever run.
public final class Placement {
  private static final double PACKED = 0.5;

  /// How many nodes an explanation names at most.
  private static final int NAMED = 3;

  /// Of a number of slots of one shape, how many a node is to give.
  public record Share(NodeId node, int count) {}

  private Placement() {}

  /// The node for one piece of work, empty when none has the resources free now.
  ///
  /// @param preferred taken first among equals, usually the node that asks
  public static Optional<NodeId> choose(
      Shape shape, Collection<NodeView> nodes, Optional<NodeId> preferred) {
    return candidates(shape, nodes).stream()
        .filter(node -> node.available().cover(shape.resources()))
        .min(order(shape, preferred))
        .map(NodeView::id);
  }

  /// The node for an actor, which often holds nothing while it lives: as [#choose], but among nodes
  /// that are equally used the one with the lowest load, so that actors spread.
  public static Optional<NodeId> chooseForActor(
      Shape shape, Collection<NodeView> nodes, ToLongFunction<NodeId> load) {
    if (nodes.size() == 1) {
      return onlyOne(shape, nodes.iterator().next());
    }
    return candidates(shape, nodes).stream()
        .filter(node -> node.available().cover(shape.resources()))
        .min(
            byUse(shape)
                .thenComparingLong(node -> load.applyAsLong(node.id()))
                .thenComparingLong(node -> node.id().value()))
        .map(NodeView::id);
  }

  /// There is nothing to compare.
  private static Optional<NodeId> onlyOne(Shape shape, NodeView node) {
    boolean fits =
        allows(shape, node)
            && node.total().cover(shape.resources())
            && node.available().cover(shape.resources());
    return fits ? Optional.of(node.id()) : Optional.empty();
  }

  private static Comparator<NodeView> order(Shape shape, Optional<NodeId> preferred) {
    return byUse(shape)
        .thenComparing(node -> preferred.filter(node.id()::equals).isEmpty())
        .thenComparingLong(node -> node.id().value());
  }

  private static Comparator<NodeView> byUse(Shape shape) {
    double packed = shape.scheduling().strategy() == Scheduling.Strategy.SPREAD ? 0 : PACKED;
    Comparator<NodeView> byUse =
        Comparator.comparingDouble(node -> Math.max(packed, usedAfter(node, shape.resources())));
    return shape.scheduling().isIndifferent()
        ? byUse
        : Comparator.comparingInt((NodeView node) -> rank(shape, node)).thenComparing(byUse);
  }

  /// How much the work prefers a node: the lower, the more.
  public static int rank(Shape shape, NodeView node) {
    return shape.scheduling().rank(node.id(), node.labels());
  }

  private static double usedAfter(NodeView node, Resources asked) {
    return node.utilisation(asked, node.available().minus(asked));
  }

  /// Whether the work may run there, room or not.
  public static boolean allows(Shape shape, NodeView node) {
    return shape.scheduling().allows(node.id(), node.labels());
  }

  /// Whether no other node with room comes before that one.
  public static boolean isBest(Shape shape, NodeId here, Collection<NodeView> nodes) {
    return choose(shape, nodes, Optional.of(here)).map(here::equals).orElse(true);
  }

  /// Shares `count` slots of a shape among the nodes as if they were placed one after another.
  /// Fewer are given when fewer are free. Takes time in (nodes + count) log nodes.
  public static List<Share> divide(Shape shape, Collection<NodeView> nodes, int count) {
    Comparator<NodeView> order = order(shape, Optional.empty());
    var rooms = new PriorityQueue<Room>(Comparator.comparing(Room::now, order));
    for (NodeView node : candidates(shape, nodes)) {
      if (node.available().cover(shape.resources())) {
        rooms.add(new Room(node, 0));
      }
    }
    var given = new TreeMap<NodeId, Integer>(Comparator.comparingLong(NodeId::value));
    for (int i = 0; i < count && !rooms.isEmpty(); i++) {
      Room room = rooms.poll();
      given.put(room.now.id(), room.given + 1);
      Resources left = room.now.available().minus(shape.resources());
      if (left.cover(shape.resources())) {
        rooms.add(new Room(room.now.withAvailable(left), room.given + 1));
      }
    }
    return given.entrySet().stream()
        .map(share -> new Share(share.getKey(), share.getValue()))
        .toList();
  }

  /// A node with what is free on it after so many slots were given.
  private record Room(NodeView now, int given) {}

  /// Those that could ever run it and are to be asked.
  private static List<NodeView> candidates(Shape shape, Collection<NodeView> nodes) {
    List<NodeView> able = able(shape, nodes);
    List<NodeView> calm = able.stream().filter(node -> node.shortage().isEmpty()).toList();
    return calm.isEmpty() ? able : calm;
  }

  private static List<NodeView> able(Shape shape, Collection<NodeView> nodes) {
    return allowed(shape, nodes).stream()
        .filter(node -> node.total().cover(shape.resources()))
        .toList();
  }

  private static List<NodeView> allowed(Shape shape, Collection<NodeView> nodes) {
    return nodes.stream().filter(node -> allows(shape, node)).toList();
  }

  /// Whether some node could ever run it.
  public static boolean feasible(Shape shape, Collection<NodeView> nodes) {
    return !able(shape, nodes).isEmpty();
  }

  /// Why work of a shape waits, in words: the closest node and what it lacks.
  public static String explain(Shape shape, Collection<NodeView> nodes) {
    List<NodeView> allowed = allowed(shape, nodes);
    if (allowed.isEmpty()) {
      return whyNoneIsAllowed(shape.scheduling(), nodes);
    }
    boolean feasible = feasible(shape, nodes);
    NodeView closest =
        (feasible ? candidates(shape, nodes) : allowed)
            .stream()
                .min(
                    Comparator.comparingDouble(
                        node ->
                            lack(shape.resources(), feasible ? node.available() : node.total())))
                .orElseThrow();
    return feasible
        ? "all nodes that could run it are busy: %s is closest and has %s free, it asks for %s%s"
            .formatted(
                closest.id(),
                missing(shape.resources(), closest.available()),
                shape,
                shortages(shape, nodes))
        : "no node can ever run it: it asks for %s, the closest is %s, which has %s"
            .formatted(shape, closest.id(), missing(shape.resources(), closest.total()));
  }

  private static String whyNoneIsAllowed(Scheduling scheduling, Collection<NodeView> nodes) {
    if (nodes.isEmpty()) {
      return "the cluster has no node";
    }
    Optional<NodeId> only = scheduling.node();
    if (only.isPresent() && nodes.stream().noneMatch(node -> node.id().equals(only.get()))) {
      return "it asks for " + only.get() + ", which is not in the cluster";
    }
    return "no node can ever run it: it asks for one where %s, and %s"
        .formatted(
            scheduling.required(),
            nodes.stream()
                .filter(node -> only.isEmpty() || node.id().equals(only.get()))
                .sorted(Comparator.comparingLong(node -> node.id().value()))
                .limit(NAMED)
                .map(Placement::labelsOf)
                .collect(Collectors.joining(", ")));
  }

  private static String labelsOf(NodeView node) {
    return node.labels().isEmpty()
        ? node.id() + " has no labels"
        : node.id() + " has " + new TreeMap<>(node.labels());
  }

  private static String shortages(Shape shape, Collection<NodeView> nodes) {
    var text = new StringBuilder();
    for (NodeView node : able(shape, nodes)) {
      node.shortage()
          .ifPresent(
              why ->
                  text.append("; ")
                      .append(node.id())
                      .append(" starts at most one task at a time, since ")
                      .append(why));
    }
    return text.toString();
  }

  private static double lack(Resources asked, Resources has) {
    double lack = 0;
    for (String name : asked.names()) {
      lack += Math.max(0, 1 - (double) has.units(name) / asked.units(name));
    }
    return lack;
  }

  private static String missing(Resources asked, Resources has) {
    var lacking = new StringJoiner(" and ");
    for (String name : asked.names()) {
      if (has.units(name) < asked.units(name)) {
        lacking.add(
            has.units(name) <= 0
                ? "no " + name
                : "only " + Resources.describe(name, has.units(name)));
      }
    }
    return lacking.length() == 0 ? has.toString() : lacking.toString();
  }
}
