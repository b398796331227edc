package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.core.ActorId;
import io.manta.core.NodeId;
import java.util.List;
import java.util.Optional;

/// What a node knows of detached actors, for tests.
public final class DetachedRecords {
  /// @param node where it lives, once its director has said so
  public record Known(ActorId actor, NodeId director, Optional<NodeId> node) {}

  private DetachedRecords() {}

  public static List<Known> all(Manta node) {
    return node.records("kept.detached-actors").all().values().stream()
        .map(bytes -> (Message.DetachedActor) Wire.decode(bytes))
        .map(record -> new Known(record.spec().actor(), record.director(), record.node()))
        .toList();
  }
}
