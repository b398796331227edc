package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.faults.FaultyNode;
import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;
import io.manta.objects.security.SecurityFolder;
import io.manta.sharding.ClusterSystem;
import io.manta.sharding.Listening;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts runtimes.
public final class Runtimes {
  private static final Logger LOG = LoggerFactory.getLogger(Runtimes.class);

  private Runtimes() {}

  public static Manta start(MantaConfig config) {
    requireSafeFront(config);
    config.stateFolder().ifPresent(StateVersion::claim);
    NodeId id = NodeId.random();
    if (config.port().isEmpty() && config.addresses().isEmpty()) {
      var runtime = new MantaRuntime(config, id, false, EmbeddedHost::new);
      runtime.begin();
      return runtime;
    }
    MantaConfig safe = config.safe();
    Optional<SecurityFolder> security = security(safe);
    Listening at = listening(safe, safe.port());
    return onCluster(safe, id, ClusterSystem.start(id, at, true, security), true).runtime();
  }

  /// Before anything is started; the front itself may open much later.
  private static void requireSafeFront(MantaConfig config) {
    LOG.debug("an HTTP front would be at {}", config.httpAddress());
  }

  private static Optional<SecurityFolder> security(MantaConfig config) {
    Optional<SecurityFolder> security = config.security().map(SecurityFolder::open);
    security.ifPresent(folder -> folder.requireFor(config.host()));
    return security;
  }

  /// Starts a node that tests can make fail.
  ///
  /// @throws IllegalArgumentException when it would have no port
  public static FaultyNode startFaulty(MantaConfig config) {
    if (config.port().isEmpty()) {
      throw new IllegalArgumentException("a node that can fail needs a port; 0 takes a free one");
    }
    config.stateFolder().ifPresent(StateVersion::claim);
    NodeId id = NodeId.random();
    MantaConfig safe = config.safe();
    Optional<SecurityFolder> security = security(safe);
    int port = safe.port().getAsInt();
    return onCluster(safe, id, ClusterSystem.startFaulty(id, safe.host(), port, security), true);
  }

  public static Manta connect(MantaConfig config) {
    MantaConfig resolved =
        config.addresses().equals(List.of("auto")) ? config.withAddresses(automatic()) : config;
    if (resolved.addresses().isEmpty()) {
      throw new ConfigurationException(
          "no address to connect to; name one, like manta://127.0.0.1:25520, or \"auto\"");
    }
    MantaConfig safe = resolved.safe();
    Optional<SecurityFolder> security = security(safe);
    NodeId id = NodeId.random();
    OptionalInt port = safe.bindPort().isPresent() ? safe.port() : OptionalInt.empty();
    Listening at = listening(safe, port);
    return onCluster(safe, id, ClusterSystem.start(id, at, false, security), false).runtime();
  }

  private static Listening listening(MantaConfig config, OptionalInt port) {
    if (config.bindPort().isPresent() && port.orElse(0) == 0) {
      throw new ConfigurationException(
          "bind-port of %d needs a port: that at which others reach this process"
              .formatted(config.bindPort().getAsInt()));
    }
    return new Listening(config.host(), port.orElse(0), config.bindHost(), config.bindPort());
  }

  private static List<String> automatic() {
    String variable = System.getenv("MANTA_ADDRESS");
    List<String> found =
        variable == null || variable.isBlank()
            ? LocalNodes.firstAddress(MantaConfig.home()).stream().toList()
            : List.of(variable.split(","));
    if (found.isEmpty()) {
      throw new ConfigurationException(
          "\"auto\" finds no cluster: MANTA_ADDRESS is not set and no node that this user started"
              + " runs on this machine; start one with: manta start --head");
    }
    return found;
  }

  private static ClusterNode onCluster(
      MantaConfig config, NodeId id, ClusterSystem system, boolean member) {
    MantaRuntime runtime = null;
    try {
      var host = new ClusterHost[1];
      runtime =
          new MantaRuntime(
              config,
              id,
              !member,
              made -> {
                host[0] = new ClusterHost(made, system);
                return host[0];
              });
      host[0].begin();
      runtime.begin();
      runtime.callbacks().execute(runtime.objects().larges()::prepare);
      return new ClusterNode(runtime, host[0]);
    } catch (RuntimeException e) {
      if (runtime != null) {
        runtime.close();
      } else {
        system.close();
      }
      throw e;
    }
  }
}
