package io.manta.sharding;

import io.manta.core.NodeId;

/// What a member hears of the others. Called on a thread of Pekko's; must not block.
public interface MembershipListener {
  /// A node is a member now.
  void joined(NodeId node, String address);

  /// A node is no member any more and never will be again under this id.
  void left(NodeId node, String reason);
}
