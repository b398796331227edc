package io.manta.core;

import java.util.List;

/// What a cluster has too little of, and what it does not need, at one time.
///
/// @param waiting work that waits for room, the longest first
/// @param idle nodes with nothing on them, the longest first
public record ClusterDemand(List<ResourceDemand> waiting, List<IdleNode> idle) {
  public ClusterDemand {
    waiting = List.copyOf(waiting);
    idle = List.copyOf(idle);
  }
}
