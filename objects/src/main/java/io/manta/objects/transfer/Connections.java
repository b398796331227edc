package io.manta.objects.transfer;

import io.manta.objects.security.TlsReasons;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The open connections of a process. Those that are silent for too long are closed, which ends
/// whatever waits on them; so are those whose token or certificate is not believed any more.
final class Connections implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

  private final TransferConfig config;
  private final Handshake handshake;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("manta-transfer-watch").factory());
  private final Runnable unfollow;
  private volatile boolean closed;

  Connections(TransferConfig config) {
    this.config = config;
    this.handshake = new Handshake(config::tokens);
    long period = Math.max(1, config.timeout().toNanos() / 4);
    watch.scheduleWithFixedDelay(this::closeSilent, period, period, TimeUnit.NANOSECONDS);
    String host = config.host().orElse(config.bind().getHostString());
    unfollow =
        config
            .security()
            .map(security -> security.follow(host, this::closeUnbelieved))
            .orElse(() -> {});
  }

  /// To a holder, ready for requests.
  Connection connect(InetSocketAddress holder) throws IOException {
    SocketChannel channel = SocketChannel.open();
    var connection = new Connection(new PlainStream(channel), open::remove);
    try {
      channel.socket().connect(holder, Math.toIntExact(config.timeout().toMillis()));
      add(connection); // watched from the start: the other side may say nothing at all
      begin(connection, channel, false, holder.getHostString());
      connection.believed(handshake.greet(connection));
      return requireBelieved(connection);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /// From a receiver, once that has shown that it is of this cluster. Who calls this sees to it
  /// that it does so in time.
  Connection accept(SocketChannel channel) throws IOException {
    var connection = new Connection(new PlainStream(channel), open::remove);
    try {
      begin(connection, channel, true, "");
      connection.believed(handshake.await(connection));
      add(connection);
      return requireBelieved(connection);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void begin(Connection connection, SocketChannel channel, boolean server, String host)
      throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    if (config.security().isPresent()) {
      connection.encrypt(TlsStream.begin(config.security().get(), channel, server, host));
    }
  }

  private void add(Connection connection) throws IOException {
    open.add(connection);
    if (closed) {
      connection.close();
    }
  }

  /// What it is believed by may have changed meanwhile.
  private Connection requireBelieved(Connection connection) throws IOException {
    if (!isBelieved(connection)) {
      throw new IOException(TlsReasons.TOKEN);
    }
    return connection;
  }

  private boolean isBelieved(Connection connection) {
    return connection.credentials().isEmpty()
        || config.security().orElseThrow().believes(connection.credentials().get());
  }

  private void closeUnbelieved() {
    List<Connection> ended = open.stream().filter(connection -> !isBelieved(connection)).toList();
    ended.forEach(Connections::closeQuietly);
    if (!ended.isEmpty()) {
      LOG.info(
          "{} connections for large values were ended: their token or certificate is not believed"
              + " any more",
          ended.size());
    }
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
    unfollow.run();
    open.forEach(Connections::closeQuietly);
    watch.shutdownNow();
  }
}
