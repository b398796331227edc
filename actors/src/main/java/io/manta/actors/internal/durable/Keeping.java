package io.manta.actors.internal.durable;

import io.manta.actors.DurableStore;

/// What a durable actor that lives on a node has there.
public interface Keeping {
  DurableStore.Session open(String key);

  byte[] encode(Object value);

  Object decode(byte[] bytes);

  /// Of an actor that can't have state; it fails when it starts.
  static Keeping refused(String why) {
    return new Keeping() {
      @Override
      public DurableStore.Session open(String key) {
        throw new UnsupportedOperationException(why);
      }

      @Override
      public byte[] encode(Object value) {
        throw new UnsupportedOperationException(why);
      }

      @Override
      public Object decode(byte[] bytes) {
        throw new UnsupportedOperationException(why);
      }

      @Override
      public void end(String reason) {}
    };
  }

  /// Ends this incarnation of the actor; the call that runs fails, too.
  void end(String reason);
}
