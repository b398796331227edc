package io.manta.scheduler.autoscaling;

import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.scheduler.NodeView;
import java.util.Optional;

/// A node that a provider has started.
///
/// @param handle what its provider calls it
/// @param type of which it is
/// @param startedNanos when it was asked for, or was in the cluster last
/// @param view what it has free; empty while it is not in the cluster
/// @param idleNanos since when nothing has been on it; empty while something is
/// @param state whether it is to stay
public record ProvidedNode(
    String handle,
    NodeType type,
    long startedNanos,
    Optional<NodeView> view,
    Optional<Long> idleNanos,
    State state) {
  /// Whether a node is to stay.
  public enum State {
    STAYS,
    /// It is cordoned, to be given back, and could stay all the same.
    DRAINS,
    /// It is about to end.
    ENDS
  }

  Optional<NodeId> id() {
    return view.map(NodeView::id);
  }

  /// Whether somebody else said that it is to take nothing more.
  boolean isCordoned() {
    return state == State.STAYS && view.filter(NodeView::cordoned).isPresent();
  }
}
