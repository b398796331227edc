package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/// A cluster of nodes in this JVM, each with a port on loopback. Quick to start; a node can leave
/// but not be killed (see [ProcessCluster]), and static fields are shared.
public final class LocalCluster implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(60);

  private final MantaConfig config;
  private final List<Manta> nodes = new ArrayList<>();

  private LocalCluster(MantaConfig config) {
    this.config = config;
  }

  /// Starts so many nodes; blocks until each knows all.
  ///
  /// @param config of each, but for port and addresses
  public static LocalCluster start(int count, MantaConfig config) {
    var cluster = new LocalCluster(config);
    try {
      for (int i = 0; i < count; i++) {
        cluster.add();
      }
      Awaitility.await("all nodes know each other")
          .atMost(START_DEADLINE)
          .until(() -> cluster.nodes.stream().allMatch(node -> node.nodes().size() == count));
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /// Starts one more node; blocks until it is a member.
  public Manta add() {
    MantaConfig own = config.withPort(0).withJoinTimeout(START_DEADLINE);
    Manta node =
        Manta.start(
            nodes.isEmpty()
                ? own
                : own.withAddresses(List.of(nodes.getFirst().address().orElseThrow())));
    nodes.add(node);
    return node;
  }

  public Manta node(int index) {
    return nodes.get(index);
  }

  public List<Manta> nodes() {
    return List.copyOf(nodes);
  }

  /// Connects a driver that knows all nodes.
  public Manta connect() {
    Manta driver =
        Manta.connect(
            config.withAddresses(
                nodes.stream().map(node -> node.address().orElseThrow()).toList()));
    Awaitility.await("the driver knows all nodes")
        .atMost(START_DEADLINE)
        .until(() -> driver.nodes().size() == nodes.size());
    return driver;
  }

  @Override
  public void close() {
    nodes.reversed().forEach(Manta::close);
  }
}
