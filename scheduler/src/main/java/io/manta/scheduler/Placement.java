package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.function.ToLongFunction;

/// Where work goes, as pure functions of the nodes' views.
///
/// The default is hybrid, as in Ray: nodes fill up in a fixed order until half of what the work
/// asks for is in use on them; past that the least used node is taken. Nodes that are short of
/// memory are asked only for what no other could ever run.
public final class Placement {
  private static final double PACKED = 0.5;

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
            Comparator.comparingDouble(
                    (NodeView node) -> Math.max(PACKED, usedAfter(node, shape.resources())))
                .thenComparingLong(node -> load.applyAsLong(node.id()))
                .thenComparingLong(node -> node.id().value()))
        .map(NodeView::id);
  }

  /// There is nothing to compare.
  private static Optional<NodeId> onlyOne(Shape shape, NodeView node) {
    boolean fits =
        (shape.node().isEmpty() || shape.node().get().equals(node.id()))
            && node.total().cover(shape.resources())
            && node.available().cover(shape.resources());
    return fits ? Optional.of(node.id()) : Optional.empty();
  }

  private static Comparator<NodeView> order(Shape shape, Optional<NodeId> preferred) {
    return Comparator.comparingDouble(
            (NodeView node) -> Math.max(PACKED, usedAfter(node, shape.resources())))
        .thenComparing(node -> preferred.filter(node.id()::equals).isEmpty())
        .thenComparingLong(node -> node.id().value());
  }

  private static double usedAfter(NodeView node, Resources asked) {
    return node.withAvailable(node.available().minus(asked)).utilisation(asked);
  }

  /// Shares `count` slots of a shape among the nodes as if they were placed one after another.
  /// Fewer are given when fewer are free.
  public static List<Share> divide(Shape shape, Collection<NodeView> nodes, int count) {
    var views = new ArrayList<>(candidates(shape, nodes));
    var given = new int[views.size()];
    Comparator<NodeView> order = order(shape, Optional.empty());
    for (int i = 0; i < count; i++) {
      int best = -1;
      for (int j = 0; j < views.size(); j++) {
        NodeView node = views.get(j);
        if (node.available().cover(shape.resources())
            && (best < 0 || order.compare(node, views.get(best)) < 0)) {
          best = j;
        }
      }
      if (best < 0) {
        break;
      }
      NodeView node = views.get(best);
      views.set(best, node.withAvailable(node.available().minus(shape.resources())));
      given[best]++;
    }
    var shares = new ArrayList<Share>();
    for (int j = 0; j < given.length; j++) {
      if (given[j] > 0) {
        shares.add(new Share(views.get(j).id(), given[j]));
      }
    }
    return shares;
  }

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
    return nodes.stream().filter(node -> shape.node().map(node.id()::equals).orElse(true)).toList();
  }

  /// Whether some node could ever run it.
  public static boolean feasible(Shape shape, Collection<NodeView> nodes) {
    return !able(shape, nodes).isEmpty();
  }

  /// Why work of a shape waits, in words: the closest node and what it lacks.
  public static String explain(Shape shape, Collection<NodeView> nodes) {
    List<NodeView> allowed = allowed(shape, nodes);
    if (allowed.isEmpty()) {
      return shape
          .node()
          .map(node -> "it asks for " + node + ", which is not in the cluster")
          .orElse("the cluster has no node");
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
