package io.manta.core;

import java.util.List;
import java.util.Optional;

/// What is known of a placement group.
///
/// @param director the process that places its bundles: the one that created it or, of a detached
///   one, another after that ended
/// @param bundles by index, with the node of each that is placed
/// @param capturesChildren whether what its tasks and actors submit and create is in it too
/// @param pending why it is not placed, when it is not
public record PlacementGroupInfo(
    PlacementGroupId id,
    Optional<String> name,
    PlacementGroup.Strategy strategy,
    State state,
    NodeId director,
    List<PlacementGroup.Placed> bundles,
    boolean capturesChildren,
    Optional<String> pending) {
  /// Where a group is in its life. One that is removed is not known any more.
  public enum State {
    /// It waits for nodes with room.
    PENDING,
    /// All its bundles are reserved.
    CREATED,
    /// Some bundles were lost with their node, and are being placed again.
    RESCHEDULING
  }

  public PlacementGroupInfo {
    bundles = List.copyOf(bundles);
  }
}
