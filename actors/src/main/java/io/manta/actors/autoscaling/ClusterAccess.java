package io.manta.actors.autoscaling;

import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import java.util.List;

/// What an autoscaler sees and does of a cluster.
interface ClusterAccess {
  List<NodeInfo> nodes();

  /// Has it take nothing more, and has its actors moved away.
  ///
  /// @throws RuntimeException when it does not answer
  void drain(NodeId node);

  /// Has it take work again.
  ///
  /// @throws RuntimeException when it does not answer
  void uncordon(NodeId node);
}
