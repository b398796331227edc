package io.manta.scheduler.autoscaling;

import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import io.manta.scheduler.autoscaling.ProvidedNode.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Decides which nodes a cluster needs more, and which it does not need any more.
///
/// What waits is packed, the largest first, into what the nodes will have free: those that are
/// there, those that were asked for and have yet to join, those that are about to leave, which then
/// stay, and new ones. Which type is new is the one of which the work takes the largest part, and
/// one with gpus only for work that needs some or fits no other. First fit decreasing needs at most
/// 11/9 of the fewest nodes, and one more (Johnson, 1973,
/// https://dspace.mit.edu/handle/1721.1/57819), where work asks for one resource.
///
/// A node that work could be packed into is not given back, nor the last ones up to the least of
/// its type. So a node that was started for work that then found room elsewhere stays for the idle
/// time: load that comes and goes starts no nodes anew each time.
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
    private final Set<PlacementGroupId> groups = new HashSet<>();
    private Resources left;
    private boolean used;

    Bin(NodeView node, Optional<ProvidedNode> provided, Resources left) {
      this.node = node;
      this.provided = provided;
      this.left = left;
    }

    boolean isOf(State state) {
      return provided.filter(node -> node.state() == state).isPresent();
    }

    /// @return how many of so many it takes
    int take(PendingShape pending, int count) {
      Shape shape = pending.shape();
      if (!Placement.allows(shape, node) || pending.except().contains(node.id())) {
        return 0;
      }
      if (pending.apart().filter(groups::contains).isPresent()) {
        return 0;
      }
      int most = pending.apart().isPresent() ? 1 : count;
      int taken = 0;
      while (taken < most && left.cover(shape.resources())) {
        left = left.minus(shape.resources());
        taken++;
      }
      if (taken > 0) {
        used = true;
        pending.apart().ifPresent(groups::add);
      }
      return taken;
    }
  }

  /// What is decided bit by bit.
  private final class Plan {
    private final List<Bin> bins = new ArrayList<>();
    private final List<ScalingDecision.Start> starts = new ArrayList<>();

    /// All that are there, of each type.
    private final Map<NodeType, Integer> counts = new HashMap<>();

    /// Those of them that stay.
    private final Map<NodeType, Integer> stay = new HashMap<>();

    Plan(List<NodeView> others, List<ProvidedNode> provided, long now) {
      others.forEach(view -> bins.add(new Bin(view, Optional.empty(), room(view))));
      for (ProvidedNode node : provided) {
        counts.merge(node.type(), 1, Integer::sum);
        if (node.state() == State.STAYS && !node.isCordoned()) {
          stay.merge(node.type(), 1, Integer::sum);
        }
      }
      provided.stream()
          .filter(node -> node.state() != State.ENDS)
          .filter(node -> node.view().isPresent() || isStarting(node, now))
          .sorted(Comparator.comparing(ProvidedNode::state))
          .forEach(node -> bins.add(bin(node)));
    }

    boolean mayStart() {
      return starts.size() < limits.mostAtOnce();
    }

    boolean mayStart(NodeType type) {
      return counts.getOrDefault(type, 0) < type.most();
    }

    Bin start(NodeType type, Optional<PendingShape> work) {
      starts.add(new ScalingDecision.Start(type, work));
      counts.merge(type, 1, Integer::sum);
      stay.merge(type, 1, Integer::sum);
      var bin = new Bin(viewOf(type), Optional.empty(), type.offers());
      bins.add(bin);
      return bin;
    }

    /// Those that stay after all, at first so that there are the least of each type.
    void keepLeast(NodeType type) {
      for (Bin bin : bins) {
        boolean tooFew = stay.getOrDefault(type, 0) < type.least();
        boolean drains = bin.provided.filter(node -> node.type().equals(type)).isPresent();
        if (tooFew && drains && bin.isOf(State.DRAINS) && !bin.used) {
          bin.used = true;
          stay.merge(type, 1, Integer::sum);
        }
      }
    }

    void startLeast(NodeType type) {
      while (stay.getOrDefault(type, 0) < type.least() && mayStart() && mayStart(type)) {
        start(type, Optional.empty());
      }
    }

    void pack(PendingShape pending) {
      boolean tooSoon = pending.waitedNanos() < limits.patience().toNanos();
      int left = pending.count();
      for (Bin bin : List.copyOf(bins)) {
        boolean isOpen = !tooSoon || bin.used || !bin.isOf(State.DRAINS);
        left -= left > 0 && isOpen ? bin.take(pending, left) : 0;
      }
      while (left > 0 && !tooSoon && mayStart()) {
        Optional<NodeType> type = typeFor(pending.shape());
        if (type.isEmpty()) {
          return; // none can be had that would hold it
        }
        left -= start(type.get(), Optional.of(pending)).take(pending, left);
      }
    }

    private Optional<NodeType> typeFor(Shape shape) {
      NodeType best = null;
      for (NodeType type : types) {
        boolean fits =
            type.offers().cover(shape.resources()) && Placement.allows(shape, viewOf(type));
        if (fits && mayStart(type) && (best == null || isBetter(type, best, shape))) {
          best = type;
        }
      }
      return Optional.ofNullable(best);
    }

    List<ProvidedNode> keep() {
      return bins.stream()
          .filter(bin -> bin.used && bin.isOf(State.DRAINS))
          .flatMap(bin -> bin.provided.stream())
          .toList();
    }

    /// The longest idle first, down to the least of each type; and those that somebody cordoned.
    List<ProvidedNode> drain(long now) {
      var drain = new ArrayList<ProvidedNode>();
      bins.stream()
          .filter(bin -> !bin.used && bin.isOf(State.STAYS))
          .flatMap(bin -> bin.provided.stream())
          .filter(node -> node.idleNanos().isPresent())
          .filter(node -> now - node.idleNanos().orElse(now) >= limits.idle().toNanos())
          .sorted(Comparator.comparingLong(node -> node.idleNanos().orElse(now)))
          .forEach(
              node -> {
                if (node.isCordoned()) {
                  drain.add(node);
                } else if (stay.getOrDefault(node.type(), 0) > node.type().least()) {
                  stay.merge(node.type(), -1, Integer::sum);
                  drain.add(node);
                }
              });
      return drain;
    }
  }

  /// @param pending what waits
  /// @param others nodes of the cluster that no provider started
  /// @param now as of [System#nanoTime]
  public ScalingDecision decide(
      List<PendingShape> pending, List<NodeView> others, List<ProvidedNode> provided, long now) {
    var plan = new Plan(others, provided, now);
    types.forEach(plan::keepLeast);
    types.forEach(plan::startLeast);
    largestFirst(pending).forEach(plan::pack);
    return new ScalingDecision(plan.starts, plan.drain(now), plan.keep());
  }

  private boolean isStarting(ProvidedNode node, long now) {
    return now - node.startedNanos() <= limits.startTime().toNanos();
  }

  /// A cordoned node takes nothing.
  private static Resources room(NodeView view) {
    return view.cordoned() || view.leaving() ? Resources.NONE : view.available();
  }

  private static Bin bin(ProvidedNode node) {
    Optional<Bin> known =
        node.view().map(view -> new Bin(view, Optional.of(node), room(node, view)));
    return known.orElseGet(
        () -> new Bin(viewOf(node.type()), Optional.of(node), node.type().offers()));
  }

  private static Resources room(ProvidedNode node, NodeView view) {
    return node.state() == State.DRAINS ? view.available() : room(view);
  }

  private static NodeView viewOf(NodeType type) {
    return new NodeView(new NodeId(0), type.offers(), type.offers()).withLabels(type.labels());
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

  /// The one without gpus is, for work that needs none.
  private static boolean isBetter(NodeType type, NodeType than, Shape shape) {
    boolean wastes = wastesGpus(type, shape);
    return wastes == wastesGpus(than, shape) ? part(type, shape) > part(than, shape) : !wastes;
  }

  private static boolean wastesGpus(NodeType type, Shape shape) {
    return type.offers().gpus() > 0 && shape.resources().gpus() == 0;
  }

  /// The dominant one: of the resource of which it takes the largest part.
  private static double part(NodeType type, Shape shape) {
    return type.offers().used(type.offers(), shape.resources());
  }
}
