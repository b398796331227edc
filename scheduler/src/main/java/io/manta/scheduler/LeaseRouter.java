package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Decides which nodes a process is to get leases of one shape from, by what it heard of them. What
/// it asked a node for counts as taken until that node is heard of again, so that two requests in a
/// row don't go to the same free slot. Keeps nothing that its end could lose.
///
/// Not for use by several threads.
public final class LeaseRouter {
  /// What was asked of a node since it was heard of.
  private record Asked(NodeView heard, Resources amounts) {}

  private final Map<NodeId, Asked> asked = new HashMap<>();

  /// Which node is to be asked for how many slots.
  ///
  /// @param nodes a new view of a node is another object
  public List<Placement.Share> route(LeaseRequest request, Collection<NodeView> nodes) {
    if (request.again()) {
      asked.clear(); // else what is asked for once more would count twice
    }
    List<NodeView> left = nodes.stream().map(this::lessAsked).toList();
    List<Placement.Share> shares =
        Placement.claims(
            request.shape(), request.holder(), left, request.slots(), request.waitedNanos());
    Map<NodeId, Integer> counts =
        shares.stream().collect(Collectors.toMap(Placement.Share::node, Placement.Share::count));
    asked.keySet().retainAll(nodes.stream().map(NodeView::id).toList());
    for (NodeView node : nodes) {
      ask(node, request.shape().resources().times(counts.getOrDefault(node.id(), 0)));
    }
    return shares;
  }

  private NodeView lessAsked(NodeView node) {
    return Optional.ofNullable(asked.get(node.id()))
        .filter(before -> before.heard == node)
        .map(before -> node.withAvailable(node.available().minus(before.amounts)))
        .orElse(node);
  }

  private void ask(NodeView node, Resources amounts) {
    if (!amounts.isEmpty()) {
      asked.merge(
          node.id(),
          new Asked(node, amounts),
          (before, now) ->
              before.heard == now.heard ? new Asked(node, before.amounts.plus(now.amounts)) : now);
    }
  }
}
