package io.manta.scheduler.autoscaling;

import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.scheduler.Shape;
import java.util.Optional;
import java.util.Set;

/// Work that waits for room.
///
/// @param shape what each asks for
/// @param count how many
/// @param waitedNanos for how long the first of them has waited
/// @param apart the placement group of which each is to be on another node
/// @param except nodes that can't take it
public record PendingShape(
    Shape shape,
    int count,
    long waitedNanos,
    Optional<PlacementGroupId> apart,
    Set<NodeId> except) {
  public PendingShape {
    except = Set.copyOf(except);
  }

  public PendingShape(Shape shape, int count, long waitedNanos) {
    this(shape, count, waitedNanos, Optional.empty(), Set.of());
  }
}
