package io.manta.scheduler.autoscaling;

import io.manta.core.NodeType;
import java.util.List;
import java.util.Optional;

/// What is to be done now.
///
/// @param starts a node for each
/// @param drain nodes that are to take nothing more, and to be given back when they are empty
/// @param keep nodes that were to be given back, and are to take work again
public record ScalingDecision(
    List<Start> starts, List<ProvidedNode> drain, List<ProvidedNode> keep) {
  /// One node more.
  ///
  /// @param work that it is for; empty when there are too few of its type
  public record Start(NodeType type, Optional<PendingShape> work) {}

  public ScalingDecision {
    starts = List.copyOf(starts);
    drain = List.copyOf(drain);
    keep = List.copyOf(keep);
  }

  /// The types of which nodes are to be started.
  List<NodeType> start() {
    return starts.stream().map(Start::type).toList();
  }

  /// Whether nothing is to be done.
  public boolean isNone() {
    return starts.isEmpty() && drain.isEmpty() && keep.isEmpty();
  }
}
