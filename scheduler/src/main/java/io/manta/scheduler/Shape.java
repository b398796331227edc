package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Optional;

/// What work of one kind asks for: resources, and the only node that may run it, if any. Work of
/// one shape is interchangeable to the scheduler.
public record Shape(Resources resources, Optional<NodeId> node) {
  public static Shape of(Resources resources) {
    return new Shape(resources, Optional.empty());
  }

  @Override
  public String toString() {
    return resources + node.map(only -> " on " + only).orElse("");
  }
}
