package io.manta.sharding;

import io.manta.core.NodeId;

/// What a process hears on its links. Calls of one link come in order, one at a time, on a thread
/// of Pekko's; they must not block.
public interface LinkListener {
  /// A message came, in the order its sender sent it.
  void received(NodeId from, byte[] message);

  /// Another process opened a link.
  void opened(NodeId peer, String address);

  /// Where that process was there is another one now.
  void replaced(NodeId peer);

  /// What was sent has not been acknowledged for a while.
  void silent(NodeId peer);
}
