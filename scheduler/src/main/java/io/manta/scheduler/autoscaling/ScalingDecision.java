package io.manta.scheduler.autoscaling;

import java.util.List;

/// What is to be done now.
///
/// @param start a node of each
/// @param drain nodes that are to take nothing more, and to be given back when they are empty
public record ScalingDecision(List<NodeType> start, List<ProvidedNode> drain) {
  /// Whether nothing is to be done.
  public boolean isNone() {
    return start.isEmpty() && drain.isEmpty();
  }
}
