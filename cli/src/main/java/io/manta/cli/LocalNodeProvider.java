package io.manta.cli;

import io.manta.actors.autoscaling.NodeProvider;
import io.manta.core.NodeType;
import io.manta.core.Resources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Nodes that are processes on this machine. They end with the process that started them, however
/// that ends. Safe for use by many threads.
public final class LocalNodeProvider implements NodeProvider {
  private static final Duration STOP_TIME = Duration.ofSeconds(30);

  /// A machine that is busy enough to need more nodes is slow.
  private static final Duration JOIN_TIME = Duration.ofMinutes(1);

  private static final String HOST = "127.0.0.1";
  private static final String PREFIX = "local-";

  /// Those that have a flag of their own.
  private static final List<String> FLAGS = List.of(Resources.CPU, Resources.GPU, Resources.MEMORY);

  private record Local(NodeProcess process, String type, int port, Stopping stopping) {
    String address() {
      return HOST + ":" + port;
    }
  }

  /// Whether it was asked to end.
  private static final class Stopping {
    private volatile boolean asked;
  }

  private final List<String> addresses;
  private final Path home;
  private final Duration stopTime;
  private final Map<String, Local> nodes = new ConcurrentHashMap<>();
  private boolean closed;

  /// @param addresses `manta://host:port` of nodes of the cluster that they join
  /// @param home takes the role of `~/.manta`
  public LocalNodeProvider(List<String> addresses, Path home) {
    this(addresses, home, STOP_TIME);
  }

  /// @param stopTime after which a node that was asked to end is killed
  public LocalNodeProvider(List<String> addresses, Path home, Duration stopTime) {
    this.addresses = List.copyOf(addresses);
    this.home = home;
    this.stopTime = stopTime;
  }

  @Override
  public synchronized String start(NodeType type) {
    if (closed) {
      throw new IllegalStateException("this provider is closed");
    }
    int port = freePort();
    String id = PREFIX + port;
    NodeProcess process = NodeProcess.supervised(home, port, arguments(type));
    var node = new Local(process, type.name(), port, new Stopping());
    nodes.put(id, node);
    process.onExit().thenRun(() -> ended(id, node));
    return id;
  }

  /// None of a node that starts or ends.
  private int freePort() {
    int port = Ports.free(1).getFirst();
    while (nodes.containsKey(PREFIX + port)) {
      port = Ports.free(1).getFirst();
    }
    return port;
  }

  private List<String> arguments(NodeType type) {
    var arguments = new ArrayList<String>();
    addresses.forEach(address -> arguments.addAll(List.of("--address", address)));
    Resources offers = type.offers();
    arguments.addAll(List.of("--join-timeout", JOIN_TIME.toSeconds() + "s"));
    arguments.addAll(List.of("--host", HOST));
    arguments.addAll(List.of("--cpus", number(offers.cpus())));
    arguments.addAll(List.of("--gpus", number(offers.gpus())));
    if (offers.memory().bytes() > 0) {
      arguments.addAll(List.of("--memory", offers.memory().bytes() + "B"));
    }
    for (String name : offers.names()) {
      if (!FLAGS.contains(name)) {
        arguments.addAll(List.of("--resource", name + "=" + number(offers.amount(name))));
      }
    }
    type.labels().forEach((key, value) -> arguments.addAll(List.of("--label", key + "=" + value)));
    return arguments;
  }

  private static String number(double amount) {
    return amount == Math.rint(amount) ? Long.toString((long) amount) : Double.toString(amount);
  }

  /// One that ended by itself is listed until it is stopped.
  private void ended(String id, Local node) {
    if (node.stopping.asked) {
      forget(id, node);
    }
  }

  private void forget(String id, Local node) {
    synchronized (node.stopping) {
      if (nodes.remove(id, node)) {
        node.process.forget();
      }
    }
  }

  @Override
  public void stop(String id) {
    Local node = nodes.get(id);
    if (node == null || node.stopping.asked) {
      return;
    }
    if (!node.process.isAlive()) {
      nodes.remove(id, node); // what it left behind says why it ended
      return;
    }
    node.stopping.asked = true;
    node.process.stop();
    if (!node.process.isAlive()) {
      forget(id, node); // it ended by itself meanwhile
    }
    CompletableFuture.delayedExecutor(stopTime.toMillis(), TimeUnit.MILLISECONDS)
        .execute(node.process::kill);
  }

  @Override
  public List<Instance> list() {
    return nodes.entrySet().stream().map(node -> instance(node.getKey(), node.getValue())).toList();
  }

  private static Instance instance(String id, Local node) {
    boolean failed = !node.stopping.asked && !node.process.isAlive();
    return new Instance(
        id,
        node.type,
        Optional.of(node.address()),
        failed ? Optional.of(node.process.end()) : Optional.empty());
  }

  /// Ends all nodes, by force those that take too long. Work on them goes on elsewhere, if the
  /// cluster has other nodes. Blocks until they are gone.
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    nodes.keySet().forEach(this::stop);
    for (Local node : List.copyOf(nodes.values())) {
      node.process.onExit().join();
    }
    nodes.forEach(this::forget);
  }
}
