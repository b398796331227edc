package io.manta.objects.transfer;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashSet;

/// Connections whose other side has not shown yet who it is. When there are too many the oldest is
/// closed: one that means well needs milliseconds.
final class HalfOpen {
  static final int MOST = 128;

  private final LinkedHashSet<SocketChannel> channels = new LinkedHashSet<>();

  void add(SocketChannel channel) throws IOException {
    SocketChannel oldest = null;
    synchronized (channels) {
      channels.add(channel);
      if (channels.size() > MOST) {
        oldest = channels.removeFirst();
      }
    }
    if (oldest != null) {
      oldest.close();
    }
  }

  void remove(SocketChannel channel) {
    synchronized (channels) {
      channels.remove(channel);
    }
  }
}
