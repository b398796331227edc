package io.manta.actors.internal;

import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The nodes that somebody could start, as they said when they asked what waits. What one of them
/// could hold is to wait for it.
final class Supply {
  /// For how long it counts what somebody said.
  private static final long VALID_NANOS = Duration.ofMinutes(1).toNanos();

  /// So many of a type are as good as more.
  private static final int MOST_OF_TYPE = 100;

  private record Offer(List<NodeType> types, long nanos) {
    boolean isValid() {
      return System.nanoTime() - nanos < VALID_NANOS;
    }
  }

  private final MantaRuntime runtime;
  private final ConcurrentHashMap<NodeId, Offer> offers = new ConcurrentHashMap<>();

  Supply(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  void told(NodeId process, List<NodeType> types) {
    offers.values().removeIf(offer -> !offer.isValid());
    if (types.isEmpty()) {
      offers.remove(process);
    } else {
      offers.put(process, new Offer(types, System.nanoTime()));
    }
  }

  private List<NodeType> types() {
    return offers.values().stream()
        .filter(Offer::isValid)
        .flatMap(offer -> offer.types().stream())
        .toList();
  }

  /// The nodes, and those that there could be.
  Collection<NodeView> andNodes() {
    Collection<NodeView> nodes = runtime.nodeViews();
    if (offers.isEmpty()) {
      return nodes;
    }
    var all = new ArrayList<>(nodes);
    for (NodeType type : types()) {
      for (int i = 0; i < Math.min(type.most(), MOST_OF_TYPE); i++) {
        all.add(view(type, -1 - all.size()));
      }
    }
    return all;
  }

  private static NodeView view(NodeType type, long id) {
    return new NodeView(new NodeId(id), type.offers(), type.offers()).withLabels(type.labels());
  }

  /// Why work of a shape waits, in words; and the node that may be started for it.
  String explain(Shape shape) {
    String why = Placement.explain(shape, runtime.nodeViews());
    if (offers.isEmpty()) {
      return why;
    }
    Optional<NodeType> fits =
        types().stream()
            .filter(type -> type.most() > 0)
            .filter(type -> Placement.feasible(shape, List.of(view(type, -1))))
            .findFirst();
    return fits.map(
            type -> "%s; a node of type '%s' could be started for it".formatted(why, type.name()))
        .orElse(why);
  }
}
