package io.manta.benchmarks.experiments;

import java.util.function.Consumer;

/// One process's end of a way to send messages to another.
interface Wire {
  /// Sends from any thread; never waits.
  void send(byte[] message);

  /// Sends from a thread that may wait, where the way has a limit to what it holds.
  default void sendWithin(byte[] message) {
    send(message);
  }

  /// Takes what came in, one at a time and in order.
  void receive(byte[] frame);

  /// Every message by itself, nothing acknowledged.
  static Wire plain(Consumer<byte[]> carrier, Consumer<byte[]> handler) {
    return new Wire() {
      @Override
      public void send(byte[] message) {
        carrier.accept(message);
      }

      @Override
      public void receive(byte[] frame) {
        handler.accept(frame);
      }
    };
  }
}
