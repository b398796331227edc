package io.manta.core;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// Resources reserved on one or more nodes, all of them or none: bundles, for tasks and actors that
/// belong together. A handle, which may be captured and sent to other processes. Safe for use by
/// many threads.
public interface PlacementGroup extends AutoCloseable {
  /// How the bundles are divided among the nodes.
  enum Strategy {
    /// On as few nodes as possible.
    PACK,
    /// On as many nodes as possible.
    SPREAD,
    /// All on one node, or nowhere.
    STRICT_PACK,
    /// Each on a node of its own, or nowhere.
    STRICT_SPREAD
  }

  /// A bundle and where it is.
  ///
  /// @param node empty while it is not placed
  record Placed(int index, Bundle bundle, Optional<NodeId> node) {}

  PlacementGroupId id();

  /// What it is found by; most have none.
  Optional<String> name();

  Strategy strategy();

  /// Its bundles by index, with the node that each is on. Blocks for a message to another process
  /// and back when this one has not asked yet.
  ///
  /// @throws PlacementGroupRemovedException when it is removed
  List<Placed> bundles();

  /// Done when all its bundles are reserved, or are so again after a node died; with this. Fails
  /// with a [PlacementGroupRemovedException] when it is removed, and with an [InfeasibleException]
  /// when no nodes could hold it for `infeasible-timeout`. Does not block.
  CompletionStage<PlacementGroup> ready();

  /// Waits until it is [#ready]; the task or call that waits gives what it holds to others.
  ///
  /// @throws GetTimeoutException when that takes longer, with what it waits for
  /// @throws PlacementGroupRemovedException when it is removed
  /// @throws InfeasibleException when no nodes could hold it for `infeasible-timeout`
  PlacementGroup await(Duration timeout);

  /// Frees what it reserved at once. Its running tasks are cancelled, its actors killed; what waits
  /// fails with a [PlacementGroupRemovedException]. Has no effect on one that is removed. Does not
  /// block: the nodes do so as the message reaches them.
  void remove();

  /// As [#remove].
  @Override
  default void close() {
    remove();
  }
}
