package io.manta.objects.transfer;

import io.manta.core.DataSize;
import io.manta.core.ObjectId;
import io.manta.objects.security.HalfOpen;
import io.manta.objects.security.Refusals;
import io.manta.objects.security.TlsReasons;
import io.manta.objects.store.ObjectStore;
import io.manta.objects.transfer.Connection.Request;
import io.manta.objects.transfer.Connection.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives chunks of what the store holds, and of what is on its way in. A thread per connection.
final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int MOST_HALF_OPEN = 128;

  /// Before the next connection is accepted, when threads or files are short.
  private static final Duration BACK_OFF = Duration.ofMillis(200);

  private final TransferConfig config;
  private final ObjectStore store;
  private final Connections connections;
  private final Function<ObjectId, Optional<Incoming>> incoming;
  private final ServerSocketChannel channel;
  private final Semaphore free;
  private final HalfOpen halfOpen;
  private final Refusals refusals = new Refusals(LOG);

  Server(
      TransferConfig config,
      ObjectStore store,
      Connections connections,
      Function<ObjectId, Optional<Incoming>> incoming)
      throws IOException {
    this.config = config;
    this.store = store;
    this.connections = connections;
    this.incoming = incoming;
    free = new Semaphore(config.served());
    halfOpen = new HalfOpen(MOST_HALF_OPEN, config.timeout());
    channel = ServerSocketChannel.open();
    try {
      channel.bind(config.bind());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    Thread.ofPlatform().daemon().name("manta-transfer-accept").start(this::accept);
  }

  InetSocketAddress address() {
    try {
      return (InetSocketAddress) channel.getLocalAddress();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    acceptAll(channel, this::begin, refusals);
  }

  /// Until the channel is closed.
  static void acceptAll(
      ServerSocketChannel channel, Consumer<SocketChannel> begin, Refusals refusals) {
    while (channel.isOpen()) {
      try {
        begin.accept(channel.accept());
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        refusals.refused("a connection for large values", "it can't be served now: " + e);
        LockSupport.parkNanos(BACK_OFF.toNanos());
      }
    }
  }

  /// A connection that was accepted, until its other side is known.
  private static final class Accepted implements HalfOpen.Connection {
    private final SocketChannel channel;
    private volatile Optional<String> refused = Optional.empty();

    Accepted(SocketChannel channel) {
      this.channel = channel;
    }

    @Override
    public boolean isGone() {
      return !channel.isOpen();
    }

    @Override
    public void refuse(String reason) {
      refused = Optional.of(reason);
      close();
    }

    void close() {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.debug("A connection that took objects ended", e);
      }
    }
  }

  /// @throws OutOfMemoryError when there can be no thread for it; then it is closed
  private void begin(SocketChannel channel) {
    var accepted = new Accepted(channel);
    halfOpen.add(accepted);
    try {
      Thread.ofPlatform()
          .daemon()
          .name("manta-transfer-serve")
          .start(() -> serveOnceKnown(accepted));
    } catch (RuntimeException | OutOfMemoryError e) {
      halfOpen.remove(accepted);
      accepted.close();
      throw e;
    }
  }

  private void serveOnceKnown(Accepted accepted) {
    try {
      Optional<Connection> connection = known(accepted);
      if (connection.isPresent()) {
        serveInTurn(connection.get());
      }
    } catch (IOException e) {
      LOG.debug("A connection that took objects ended", e);
    } finally {
      accepted.close();
    }
  }

  /// Once its other side has shown that it is of this cluster.
  private Optional<Connection> known(Accepted accepted) {
    String peer = peer(accepted.channel);
    try {
      return Optional.of(connections.accept(accepted.channel));
    } catch (IOException | RuntimeException e) {
      String why = accepted.refused.orElseGet(() -> TlsReasons.of(e));
      if (accepted.refused.isEmpty() && TlsReasons.wentAway(e)) {
        LOG.debug("{} ended its connection before it showed who it is", peer, e);
      } else if (channel.isOpen()) {
        refusals.refused("a connection from " + peer, why);
      }
      return Optional.empty();
    } finally {
      halfOpen.remove(accepted);
    }
  }

  private void serveInTurn(Connection connection) throws IOException {
    try (connection) {
      free.acquireUninterruptibly();
      try {
        serve(connection);
      } finally {
        free.release();
      }
    }
  }

  private static String peer(SocketChannel accepted) {
    try {
      return accepted.getRemoteAddress() instanceof InetSocketAddress at
          ? at.getAddress().getHostAddress() + ":" + at.getPort()
          : "a peer that is gone";
    } catch (IOException e) {
      return "a peer that is gone";
    }
  }

  private void serve(Connection connection) {
    try {
      ByteBuffer copy = NOTHING;
      for (Optional<Request> next = connection.receive();
          next.isPresent();
          next = connection.receive()) {
        Request request = next.get();
        if (request.length() > TransferConfig.MOST_CHUNK) {
          throw new IOException("a chunk of " + new DataSize(request.length()) + " is too large");
        }
        Optional<Incoming> coming = incoming.apply(request.id());
        if (coming.isPresent() && copy.capacity() < request.length()) {
          copy = ByteBuffer.allocateDirect(request.length());
        }
        if (coming.isEmpty() || !passOn(connection, request, coming.get(), copy)) {
          give(connection, request);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("A connection that took objects ended", e);
    } catch (RuntimeException e) {
      LOG.warn("A connection that took objects failed", e);
    }
  }

  /// Answers with bytes of an object that is on its way in, unless that ended.
  private boolean passOn(Connection connection, Request request, Incoming coming, ByteBuffer copy)
      throws IOException {
    check(request, coming.length());
    if (request.length() == 0) {
      connection.answer(Status.HERE, coming.length(), NOTHING);
      return true;
    }
    // an answer must come before the receiver gives the connection up
    Duration patience = config.timeout().dividedBy(2);
    copy.clear().limit(request.length());
    switch (coming.copy(request.offset(), copy, patience)) {
      case DONE -> connection.answer(Status.HERE, coming.length(), copy.flip());
      case LATER -> connection.answer(Status.LATER, coming.length(), NOTHING);
      case ENDED -> {
        return false;
      }
    }
    return true;
  }

  private void give(Connection connection, Request request) throws IOException {
    if (request.length() == 0) {
      OptionalLong length = store.length(request.id());
      connection.answer(
          length.isPresent() ? Status.HERE : Status.MISSING, length.orElse(0), NOTHING);
      return;
    }
    Optional<Boolean> given =
        store.read(
            request.id(),
            bytes -> {
              try {
                check(request, bytes.byteSize());
                connection.answer(
                    Status.HERE,
                    bytes.byteSize(),
                    bytes.asSlice(request.offset(), request.length()).asByteBuffer());
                return true;
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    if (given.isEmpty()) {
      connection.answer(Status.MISSING, 0, NOTHING);
    }
  }

  private static void check(Request request, long length) throws IOException {
    if (request.offset() < 0
        || request.length() < 0
        || request.offset() > length - request.length()) {
      throw new IOException(request + " is outside of " + length + " bytes");
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
    halfOpen.refuseAll("this process ends");
  }
}
