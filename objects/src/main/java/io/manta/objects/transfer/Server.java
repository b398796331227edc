package io.manta.objects.transfer;

import io.manta.core.DataSize;
import io.manta.core.ObjectId;
import io.manta.objects.security.Refusals;
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
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives chunks of what the store holds, and of what is on its way in. A thread per connection.
final class Server implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final String SILENT =
      "it did not show in time that it is of this cluster, or too many others did not";

  private final TransferConfig config;
  private final ObjectStore store;
  private final Connections connections;
  private final Function<ObjectId, Optional<Incoming>> incoming;
  private final ServerSocketChannel channel;
  private final Semaphore free;
  private final HalfOpen halfOpen = new HalfOpen();
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
    while (channel.isOpen()) {
      try {
        SocketChannel accepted = channel.accept();
        halfOpen.add(accepted);
        Thread.ofPlatform().daemon().name("manta-transfer-serve").start(() -> begin(accepted));
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        LOG.warn("A connection could not be accepted at {}", config.bind(), e);
      }
    }
  }

  private void begin(SocketChannel accepted) {
    try (accepted) {
      Optional<Connection> connection = known(accepted);
      halfOpen.remove(accepted);
      if (connection.isPresent()) {
        serveInTurn(connection.get());
      }
    } catch (IOException e) {
      LOG.debug("A connection that took objects ended", e);
    }
  }

  /// Once its other side has shown that it is of this cluster.
  private Optional<Connection> known(SocketChannel accepted) {
    String peer = peer(accepted);
    try {
      return Optional.of(connections.accept(accepted));
    } catch (IOException e) {
      if (channel.isOpen()) {
        refusals.refused(
            "a connection from " + peer,
            accepted.isOpen() ? String.valueOf(e.getMessage()) : SILENT);
      }
      return Optional.empty();
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
      return String.valueOf(accepted.getRemoteAddress());
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
  }
}
