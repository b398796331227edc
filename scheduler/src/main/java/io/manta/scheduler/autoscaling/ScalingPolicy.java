package io.manta.scheduler.autoscaling;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Decides which nodes a cluster needs more, and which it does not need any more.
///
/// What waits is packed, the largest first, into what the nodes will have free: those that are
/// there, those that were asked for and have yet to join, and new ones. Which type is new is the one
/// of which the work takes the largest part. First fit decreasing needs at most 11/9 of the fewest
/// nodes, and one more (Johnson, 1973, https://dspace.mit.edu/handle/1721.1/57819), where work asks
/// for one resource.
///
/// A node that work could be packed into is not given back, nor the last ones up to the least of its
/// type. So a node that was started for work that then found room elsewhere stays for the idle time:
/// load that comes and goes starts no nodes anew each time.
public final class ScalingPolicy {
  private final List<NodeType> types;
  private final ScalingLimits limits;

  /// @param types that can be had, the preferred ones first
  public ScalingPolicy(List<NodeType> types, ScalingLimits limits) {
    this.types = List.copyOf(types);
    this.limits = limits;
  }

  /// What is left of a node while work is packed into it.
  private static final class Bin {
    private final NodeView node;
    private final Optional<ProvidedNode> provided;
    private Resources left;
    private boolean used;

    Bin(NodeView node, Optional<ProvidedNode> provided, Resources left) {
      this.node = node;
      this.provided = provided;
      this.left = left;
    }

    boolean take(Shape shape) {
      if (!left.cover(shape.resources()) || !Placement.allows(shape, node)) {
        return false;
      }
      left = left.minus(shape.resources());
      used = true;
      return true;
    }
  }

  /// @param pending what waits
  /// @param others nodes of the cluster that no provider started
  /// @param now as of [System#nanoTime]
  public ScalingDecision decide(
      List<PendingShape> pending, List<NodeView> others, List<ProvidedNode> provided, long now) {
    var bins = new ArrayList<Bin>();
    others.forEach(view -> bins.add(new Bin(view, Optional.empty(), room(view))));
    provided.stream()
        .filter(node -> !node.leaving())
        .filter(node -> node.view().isPresent() || isStarting(node, now))
        .forEach(node -> bins.add(bin(node)));
    var start = new ArrayList<NodeType>();
    Map<NodeType, Integer> counts = counts(provided);
    startLeast(start, counts, bins);
    for (PendingShape shape : largestFirst(pending)) {
      pack(shape, bins, start, counts);
    }
    return new ScalingDecision(List.copyOf(start), idle(bins, counts, now));
  }

  private boolean isStarting(ProvidedNode node, long now) {
    return now - node.startedNanos() <= limits.startTime().toNanos();
  }

  /// A cordoned node takes nothing.
  private static Resources room(NodeView view) {
    return view.cordoned() || view.leaving() ? Resources.NONE : view.available();
  }

  private static Bin bin(ProvidedNode node) {
    return node.view()
        .map(view -> new Bin(view, Optional.of(node), room(view)))
        .orElseGet(() -> new Bin(viewOf(node.type()), Optional.of(node), node.type().offers()));
  }

  private static NodeView viewOf(NodeType type) {
    return new NodeView(new NodeId(0), type.offers(), type.offers()).withLabels(type.labels());
  }

  private static Map<NodeType, Integer> counts(List<ProvidedNode> provided) {
    var counts = new HashMap<NodeType, Integer>();
    provided.stream()
        .filter(node -> !node.leaving())
        .forEach(node -> counts.merge(node.type(), 1, Integer::sum));
    return counts;
  }

  private void startLeast(List<NodeType> start, Map<NodeType, Integer> counts, List<Bin> bins) {
    for (NodeType type : types) {
      while (counts.getOrDefault(type, 0) < type.least() && start.size() < limits.mostAtOnce()) {
        start(type, start, counts, bins);
      }
    }
  }

  private static Bin start(
      NodeType type, List<NodeType> start, Map<NodeType, Integer> counts, List<Bin> bins) {
    start.add(type);
    counts.merge(type, 1, Integer::sum);
    var bin = new Bin(viewOf(type), Optional.empty(), type.offers());
    bins.add(bin);
    return bin;
  }

  /// By the part that they take of the largest node there could be.
  private List<PendingShape> largestFirst(List<PendingShape> pending) {
    return pending.stream()
        .sorted(Comparator.comparingDouble((PendingShape shape) -> -size(shape.shape())))
        .toList();
  }

  private double size(Shape shape) {
    return types.stream().mapToDouble(type -> part(type, shape)).min().orElse(0);
  }

  /// The dominant one: of the resource of which it takes the largest part.
  private static double part(NodeType type, Shape shape) {
    return type.offers().used(type.offers(), shape.resources());
  }

  private void pack(
      PendingShape pending, List<Bin> bins, List<NodeType> start, Map<NodeType, Integer> counts) {
    boolean mayStart = pending.waitedNanos() >= limits.patience().toNanos();
    int left = pending.count();
    for (Bin bin : List.copyOf(bins)) {
      while (left > 0 && bin.take(pending.shape())) {
        left--;
      }
    }
    while (left > 0 && mayStart && start.size() < limits.mostAtOnce()) {
      Optional<NodeType> type = typeFor(pending.shape(), counts);
      if (type.isEmpty()) {
        return; // none can be had that would hold it
      }
      Bin bin = start(type.get(), start, counts, bins);
      while (left > 0 && bin.take(pending.shape())) {
        left--;
      }
    }
  }

  private Optional<NodeType> typeFor(Shape shape, Map<NodeType, Integer> counts) {
    NodeType best = null;
    for (NodeType type : types) {
      boolean fits =
          type.offers().cover(shape.resources()) && Placement.allows(shape, viewOf(type));
      boolean more = counts.getOrDefault(type, 0) < type.most();
      if (fits && more && (best == null || part(type, shape) > part(best, shape))) {
        best = type;
      }
    }
    return Optional.ofNullable(best);
  }

  /// The longest idle first, down to the least of each type.
  private List<ProvidedNode> idle(List<Bin> bins, Map<NodeType, Integer> counts, long now) {
    var drain = new ArrayList<ProvidedNode>();
    bins.stream()
        .filter(bin -> !bin.used)
        .flatMap(bin -> bin.provided.stream())
        .filter(node -> node.idleNanos().isPresent())
        .filter(node -> now - node.idleNanos().orElse(now) >= limits.idle().toNanos())
        .sorted(Comparator.comparingLong(node -> node.idleNanos().orElse(now)))
        .forEach(
            node -> {
              if (counts.getOrDefault(node.type(), 0) > node.type().least()) {
                counts.merge(node.type(), -1, Integer::sum);
                drain.add(node);
              }
            });
    return List.copyOf(drain);
  }
}
