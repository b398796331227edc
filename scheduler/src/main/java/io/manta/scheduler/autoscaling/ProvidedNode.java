package io.manta.scheduler.autoscaling;

import io.manta.core.NodeId;
import io.manta.scheduler.NodeView;
import java.util.Optional;

/// A node that a provider has started.
///
/// @param handle what its provider calls it
/// @param type of which it is
/// @param startedNanos when it was asked for
/// @param view what it has free; empty until it has joined the cluster
/// @param idleNanos since when nothing has been on it; empty while something is
/// @param leaving whether it is drained, to be given back
public record ProvidedNode(
    String handle,
    NodeType type,
    long startedNanos,
    Optional<NodeView> view,
    Optional<Long> idleNanos,
    boolean leaving) {
  Optional<NodeId> id() {
    return view.map(NodeView::id);
  }
}
