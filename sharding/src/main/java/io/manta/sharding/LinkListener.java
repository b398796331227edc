package io.manta.sharding;

import io.manta.core.NodeId;

/// What a process hears on its links. Calls of one link come in order, one at a time, on a thread
/// of Pekko's; they must not block.
public interface LinkListener {
  /// A message came, in the order its sender sent it.
  void received(NodeId from, byte[] message);

  /// Another process opened a link.
  void opened(NodeId peer, String address);

  /// Who was asked for it has that wire version, or who is at an address has another one than this
  /// process, so that there is no link.
  void speaks(String address, int version);

  /// Where that process was there is another one now.
  void replaced(NodeId peer);

  /// That process is there, and has no link to this one any more: it took this one for gone.
  void forgotten(NodeId peer);

  /// What was sent has not been acknowledged for a while.
  void silent(NodeId peer);
}
