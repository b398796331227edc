package io.manta.objects.transfer;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The open connections of a process. Those that are silent for too long are closed, which ends
/// whatever waits on them.
final class Connections implements AutoCloseable {
  private final TransferConfig config;
  private final Handshake handshake;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("manta-transfer-watch").factory());
  private volatile boolean closed;

  Connections(TransferConfig config) {
    this.config = config;
    this.handshake = new Handshake(config::tokens);
    long period = Math.max(1, config.timeout().toNanos() / 4);
    watch.scheduleWithFixedDelay(this::closeSilent, period, period, TimeUnit.NANOSECONDS);
  }

  /// To a holder, ready for requests.
  Connection connect(InetSocketAddress holder) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.socket().connect(holder, Math.toIntExact(config.timeout().toMillis()));
      Connection connection = open(channel, false, holder.getHostString());
      handshake.greet(connection);
      return connection;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /// From a receiver.
  Connection accept(SocketChannel channel) throws IOException {
    Connection connection = open(channel, true, "");
    handshake.await(connection);
    return connection;
  }

  private Connection open(SocketChannel channel, boolean server, String host) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    // Watched from the start: the other side may say nothing at all.
    Connection plain = add(new PlainStream(channel));
    if (config.security().isEmpty()) {
      return plain;
    }
    ByteStream tls = TlsStream.begin(config.security().get(), channel, server, host);
    open.remove(plain);
    return add(tls);
  }

  private Connection add(ByteStream stream) throws IOException {
    var connection = new Connection(stream, open::remove);
    open.add(connection);
    if (closed) {
      connection.close();
    }
    return connection;
  }

  private void closeSilent() {
    open.stream()
        .filter(connection -> connection.silence() > config.timeout().toNanos())
        .forEach(Connections::closeQuietly);
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (IOException e) {
      // it is closed all the same
    }
  }

  @Override
  public void close() {
    closed = true;
    open.forEach(Connections::closeQuietly);
    watch.shutdownNow();
  }
}
