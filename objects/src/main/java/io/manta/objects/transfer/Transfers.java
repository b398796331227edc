package io.manta.objects.transfer;

import io.manta.core.ObjectId;
import io.manta.objects.store.ObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;

/// A process's exchange of objects with other hosts: serves those of its store, and pulls others
/// into it.
public final class Transfers implements AutoCloseable {
  private final TransferConfig config;
  private final ObjectStore store;
  private final Connections connections;
  private final Server server;
  private final ExecutorService threads;
  private final Map<ObjectId, Pull> pulls = new ConcurrentHashMap<>();
  private final Map<ObjectId, Incoming> incoming = new ConcurrentHashMap<>();

  private Transfers(TransferConfig config, ObjectStore store) throws IOException {
    this.config = config;
    this.store = store;
    connections = new Connections(config);
    threads =
        Executors.newFixedThreadPool(
            config.pulls(), Thread.ofPlatform().daemon().name("manta-transfer-pull-", 0).factory());
    try {
      server = new Server(config, store, connections, id -> Optional.ofNullable(incoming.get(id)));
    } catch (IOException | RuntimeException e) {
      connections.close();
      threads.close();
      throw e;
    }
  }

  /// Begins to serve.
  ///
  /// @throws IOException when it can't listen where it should
  public static Transfers start(TransferConfig config, ObjectStore store) throws IOException {
    return new Transfers(config, store);
  }

  /// Where others reach it.
  public InetSocketAddress address() {
    return server.address();
  }

  /// Brings an object into this process's store, from those that have it or receive it themselves.
  /// One that is on its way already gets the holders too; one that is there is done at once.
  ///
  /// @throws IllegalStateException when closed
  public Pull pull(ObjectId id, List<InetSocketAddress> holders) {
    var mine = new Pull(id, new Holders(holders));
    Pull other = pulls.putIfAbsent(id, mine);
    if (other != null) {
      holders.forEach(other::addHolder);
      return other;
    }
    try {
      threads.execute(() -> run(mine));
    } catch (RejectedExecutionException e) {
      pulls.remove(id);
      throw new IllegalStateException("transfers are closed", e);
    }
    return mine;
  }

  private void run(Pull pull) {
    try {
      OptionalLong here = store.length(pull.id());
      if (here.isPresent()) {
        pull.started().complete(here.getAsLong());
      } else {
        new Receiver(config, store, connections, pull).run(begun -> incoming.put(pull.id(), begun));
      }
      forget(pull);
      pull.end();
    } catch (IOException | RuntimeException | Error e) {
      forget(pull);
      pull.end(e);
    }
  }

  private void forget(Pull pull) {
    incoming.remove(pull.id());
    pulls.remove(pull.id());
  }

  /// Ends all pulls and connections.
  @Override
  public void close() {
    threads.shutdown();
    pulls.values().forEach(Pull::cancel);
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      connections.close();
      threads.close();
    }
  }
}
