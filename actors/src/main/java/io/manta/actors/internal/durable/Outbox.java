package io.manta.actors.internal.durable;

import io.manta.core.NodeId;

/// What a replica sends and tells; it leaves once the changes before it are kept.
interface Outbox {
  void send(NodeId to, StoreMessage message);

  /// Runs where callers are told.
  void tell(Runnable callback);
}
