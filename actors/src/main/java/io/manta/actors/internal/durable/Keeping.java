package io.manta.actors.internal.durable;

import io.manta.actors.DurableStore;

/// What a durable actor that lives on a node has there.
public interface Keeping {
  DurableStore.Session open(String key);

  byte[] encode(Object value);

  Object decode(byte[] bytes);

  /// Ends this incarnation of the actor; the call that runs fails, too.
  void end(String reason);
}
