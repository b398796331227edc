package io.manta.actors.internal;

import io.manta.actors.DurableStore;
import io.manta.actors.DurableStoreProvider;
import io.manta.actors.MantaConfig;
import io.manta.actors.internal.durable.EmbeddedStore;
import io.manta.actors.internal.durable.Keeping;
import io.manta.actors.internal.durable.StoreMessage;
import io.manta.core.ActorDiedException;
import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;
import io.manta.core.StateUnavailableException;
import io.manta.objects.ValueCodec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The store of this node's durable actors. The embedded one starts when it is first needed: by an
/// actor here, by the store of another node, or since the node's folder has state.
final class Durables {
  private static final Logger LOG = LoggerFactory.getLogger(Durables.class);

  private final MantaRuntime runtime;
  private final MantaConfig config;

  private static final class Making {
    /// Whether it was begun; under the lock of [Durables].
    private boolean begun;
  }

  /// Held while the embedded store is made.
  private final Making making = new Making();

  /// What it is to be told once it is made.
  private final List<Consumer<EmbeddedStore>> early = new ArrayList<>();

  private final Set<NodeId> nodes = new HashSet<>();
  private final Set<NodeId> gone = new HashSet<>();
  private @Nullable DurableStore provided;
  private @Nullable EmbeddedStore embedded;
  private boolean closed;

  Durables(MantaRuntime runtime) {
    this.runtime = runtime;
    this.config = runtime.config();
  }

  private boolean isEmbedded() {
    return config.durableStore().equals(MantaConfig.EMBEDDED_STORE);
  }

  /// Once the other nodes are known.
  ///
  /// @throws ConfigurationException when the store that is set can't be had
  void begin() {
    if (runtime.isDriver()) {
      return;
    }
    if (!isEmbedded()) {
      provided();
    } else if (config.stateFolder().map(EmbeddedStore::isIn).orElse(false)) {
      embedded();
    }
  }

  private synchronized DurableStore provided() {
    checkOpen();
    DurableStore known = provided;
    if (known == null) {
      known =
          ServiceLoader.load(DurableStoreProvider.class).stream()
              .map(provider -> provider.get().open(config.durableStore(), config))
              .flatMap(Optional::stream)
              .findFirst()
              .orElseThrow(
                  () ->
                      new ConfigurationException(
                          "durable-store of '%s' is neither 'embedded' nor known to a store on the class path; for jdbc: URLs add the module manta-jdbc"
                              .formatted(config.durableStore())));
      provided = known;
    }
    return known;
  }

  private EmbeddedStore embedded() {
    synchronized (making) {
      List<NodeId> known;
      synchronized (this) {
        checkOpen();
        if (embedded != null) {
          return embedded;
        }
        making.begun = true;
        known = List.copyOf(nodes);
      }
      var made = new EmbeddedStore(host(), known); // reads a file, so nobody else may wait for it
      synchronized (this) {
        early.forEach(input -> input.accept(made));
        early.clear();
        embedded = made;
        if (!closed) {
          return made;
        }
      }
      made.close();
      throw closed();
    }
  }

  private EmbeddedStore.Host host() {
    return new EmbeddedStore.Host(
        runtime.cluster().address().orElse("the embedded node " + runtime.id()),
        config.stateFolder(),
        config.durableCopies(),
        config.durableTimeout(),
        (to, message) -> runtime.cluster().send(to, new Message.ToStore(message)),
        failure -> runtime.fatal("the store of its durable state", failure));
  }

  private void checkOpen() {
    if (closed) {
      throw closed();
    }
  }

  private StateUnavailableException closed() {
    return new StateUnavailableException("this runtime (" + runtime.id() + ") is closed", null);
  }

  /// Another node is there.
  synchronized void nodeUp(NodeId node) {
    if (!gone.contains(node) && nodes.add(node)) {
      tell(store -> store.nodeUp(node));
    }
  }

  /// A process is gone for good.
  synchronized void nodeDown(NodeId node) {
    gone.add(node);
    nodes.remove(node);
    tell(store -> store.nodeDown(node));
  }

  /// In order also while it starts; before that it need not know. Under the lock.
  private void tell(Consumer<EmbeddedStore> input) {
    if (embedded != null) {
      input.accept(embedded);
    } else if (making.begun) {
      early.add(input);
    }
  }

  /// The store of another node says something. Does not block.
  void receive(NodeId from, StoreMessage message) {
    if (!isEmbedded()) {
      LOG.warn(
          "{} keeps durable state in its embedded store, and this node in {}: set durable-store to the same on all nodes",
          from,
          config.durableStore());
      return;
    }
    synchronized (this) {
      if (closed || gone.contains(from)) {
        return;
      }
      if (!making.begun) {
        making.begun = true;
        runtime.callbacks().execute(this::startForOthers);
      }
      nodes.add(from);
      tell(store -> store.receive(from, message));
    }
  }

  private void startForOthers() {
    try {
      embedded();
    } catch (StateUnavailableException e) {
      LOG.debug("it is closed", e);
    } catch (ConfigurationException e) {
      runtime.fatal("the store of its durable state", e);
    }
  }

  Keeping keeping(ActorCell cell) {
    ValueCodec codec = cell.spec().codec();
    return new Keeping() {
      @Override
      public DurableStore.Session open(String key) {
        if (cell.isDead()) {
          throw new StateUnavailableException(cell.what() + " is dead", null);
        }
        DurableStore store = isEmbedded() ? embedded() : provided();
        return store.open(key);
      }

      @Override
      public byte[] encode(Object value) {
        return codec.encode(value);
      }

      @Override
      public Object decode(byte[] bytes) {
        return Objects.requireNonNull(codec.decode(bytes));
      }

      @Override
      public void end(String reason) {
        cell.kill(ActorDiedException.Reason.STATE_TAKEN_OVER, reason);
      }
    };
  }

  void close() {
    AutoCloseable open;
    synchronized (this) {
      closed = true;
      open = embedded != null ? embedded : provided;
    }
    try {
      if (open != null) {
        open.close();
      }
    } catch (Exception e) {
      LOG.warn("the store of durable state did not close", e);
    }
  }
}
