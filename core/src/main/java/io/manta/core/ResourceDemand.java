package io.manta.core;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// Work of one kind that waits for room: tasks, actors, or bundles of a placement group.
///
/// @param resources what each asks for
/// @param scheduling which nodes may take it
/// @param count how many
/// @param waited for how long the first of them has waited where it is now
/// @param process where it was submitted or, of actors that were sent to a node, that node
/// @param apart the placement group of which each is to be on another node
/// @param except nodes that can't take it: they have bundles of that group
public record ResourceDemand(
    Resources resources,
    Scheduling scheduling,
    int count,
    Duration waited,
    NodeId process,
    Optional<PlacementGroupId> apart,
    Set<NodeId> except) {
  public ResourceDemand {
    except = Set.copyOf(except);
  }

  public ResourceDemand(
      Resources resources, Scheduling scheduling, int count, Duration waited, NodeId process) {
    this(resources, scheduling, count, waited, process, Optional.empty(), Set.of());
  }

  /// For people: `3 × 2 cpu where zone = eu`.
  @Override
  public String toString() {
    String where = scheduling.toString();
    return count + " × " + resources + (where.isEmpty() ? "" : " " + where);
  }
}
