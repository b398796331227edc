package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.faults.FaultyNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// A cluster of nodes in this JVM, each with a port on loopback. Quick to start; static fields are
/// shared. A node can be stopped, killed, or cut off from another, and more can be added; what a
/// killed node's tasks do is only interrupted, so that tests of what ignores that, or of lost
/// memory, need a [ProcessCluster].
///
/// ```java
/// try (var cluster = LocalCluster.start(3, MantaConfig.defaults().withCpus(2));
///     var manta = cluster.connect()) {
///   cluster.kill(cluster.node(0));
/// }
/// ```
public final class LocalCluster implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final MantaConfig config;
  private final Duration limit;
  private final List<FaultyNode> nodes = Collections.synchronizedList(new ArrayList<>());
  private final List<Manta> drivers = Collections.synchronizedList(new ArrayList<>());

  private LocalCluster(MantaConfig config, Duration limit) {
    this.config = config;
    this.limit = limit;
  }

  /// Starts so many nodes; blocks until each knows all, for at most a minute.
  ///
  /// @param config of each, but for port and addresses
  public static LocalCluster start(int count, MantaConfig config) {
    return start(count, config, LIMIT);
  }

  /// As [#start(int, MantaConfig)].
  ///
  /// @param limit for starts, [#await] and [#close], each
  /// @throws AssertionError when they are not there in time, with what each node sees
  public static LocalCluster start(int count, MantaConfig config, Duration limit) {
    var cluster = new LocalCluster(config, limit);
    try {
      for (int i = 0; i < count; i++) {
        cluster.add();
      }
      cluster.awaitAllKnown();
    } catch (RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
    return cluster;
  }

  /// Starts one more node; blocks until it is a member.
  public Manta add() {
    return add(common -> common);
  }

  /// Starts one more node that differs from the others, such as by its labels; blocks until it is a
  /// member.
  public Manta add(UnaryOperator<MantaConfig> change) {
    MantaConfig own = change.apply(config).withPort(0).withJoinTimeout(limit);
    List<Manta> living = living();
    FaultyNode node =
        FaultyNode.start(
            living.isEmpty() ? own : own.withAddresses(List.of(address(living.getFirst()))));
    nodes.add(node);
    return node.manta();
  }

  private static String address(Manta node) {
    return node.address().orElseThrow();
  }

  /// The nodes in the order in which they were started, also those that ended.
  public Manta node(int index) {
    return nodes.get(index).manta();
  }

  /// All nodes that were started.
  public List<Manta> nodes() {
    return List.copyOf(nodes).stream().map(FaultyNode::manta).toList();
  }

  /// Those that did not end.
  public List<Manta> living() {
    return nodes().stream().filter(LocalCluster::isLiving).toList();
  }

  private static boolean isLiving(Manta node) {
    return !node.whenClosed().toCompletableFuture().isDone();
  }

  /// Connects a driver that knows all living nodes. It is closed with this cluster.
  public Manta connect() {
    List<Manta> living = living();
    Manta driver =
        Manta.connect(config.withAddresses(living.stream().map(LocalCluster::address).toList()));
    drivers.add(driver);
    await("the driver knows all nodes", () -> driver.nodes().size() == living.size());
    return driver;
  }

  /// Closes a node in order; blocks until it left.
  public void stop(Manta node) {
    faulty(node).manta().close();
  }

  /// Ends a node as a process that is killed: it tells nobody, its port closes, no `onStop` runs;
  /// its tasks are interrupted. Blocks until it is gone; the others notice in about two seconds.
  public void kill(Manta node) {
    faulty(node).kill();
  }

  /// Drops all messages between two nodes, in silence. After about three seconds they take each
  /// other for unreachable, and about four seconds later the cluster decides who stays: a minority
  /// ends, and of two nodes one. Values in the object store of the host are still read, since nodes
  /// in one JVM share it.
  public void cut(Manta one, Manta other) {
    FaultyNode first = faulty(one);
    FaultyNode second = faulty(other);
    first.cut(address(other));
    second.cut(address(one));
  }

  /// Ends what [#cut] began. A node that ended meanwhile does not come back.
  public void heal(Manta one, Manta other) {
    FaultyNode first = faulty(one);
    FaultyNode second = faulty(other);
    first.heal(address(other));
    second.heal(address(one));
  }

  /// Cuts a node off from all others.
  public void isolate(Manta node) {
    others(node).forEach(other -> cut(node, other));
  }

  /// Ends what [#isolate] began.
  public void rejoin(Manta node) {
    others(node).forEach(other -> heal(node, other));
  }

  private List<Manta> others(Manta node) {
    return living().stream().filter(other -> other != node).toList();
  }

  private FaultyNode faulty(Manta node) {
    return List.copyOf(nodes).stream()
        .filter(each -> each.manta() == node)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(node + " is none of the nodes " + nodes()));
  }

  /// Waits until the living nodes know each other and nobody else.
  public void awaitAllKnown() {
    await(
        "the living nodes know each other",
        () -> {
          List<Manta> living = living();
          return living.stream().allMatch(node -> node.nodes().size() == living.size());
        });
  }

  /// Waits until a condition holds, within the limit of this cluster.
  ///
  /// @param phase what is waited for, in words
  /// @throws AssertionError when it does not in time; names the phase and what each node sees
  public void await(String phase, Eventually.Condition condition) {
    Eventually.isTrue(phase, limit, this::describe, condition);
  }

  /// What each node sees of the cluster.
  String describe() {
    return nodes().stream().map(Eventually::describe).collect(Collectors.joining("; "));
  }

  /// Closes the drivers that it connected, then the nodes, the last one first.
  ///
  /// @throws AssertionError when one does not close within the limit, with where it waits
  @Override
  public void close() {
    var failures = new ArrayList<Throwable>();
    for (Manta each : List.copyOf(drivers).reversed()) {
      close(each, limit, failures);
    }
    for (Manta each : nodes().reversed()) {
      close(each, limit, failures);
    }
    throwAll(failures);
  }

  /// Closes a runtime in a thread of its own, so that one that hangs is told.
  static void close(Manta manta, Duration limit, List<Throwable> failures) {
    var done = new CompletableFuture<Boolean>();
    Thread closing =
        Thread.ofPlatform()
            .daemon()
            .name("testkit-close")
            .start(
                () -> {
                  try {
                    manta.close();
                    done.complete(true);
                  } catch (Throwable e) {
                    done.completeExceptionally(e);
                  }
                });
    try {
      done.orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      if (closing.isAlive()) {
        var waits = new AssertionError("where it waits");
        waits.setStackTrace(closing.getStackTrace());
        failures.add(
            new AssertionError(manta + " did not close within " + limit.toMillis() + " ms", waits));
      } else {
        failures.add(new AssertionError(manta + " did not close", e.getCause()));
      }
    }
  }

  static void throwAll(List<Throwable> failures) {
    if (!failures.isEmpty()) {
      var first = new AssertionError(failures.getFirst().getMessage(), failures.getFirst());
      failures.stream().skip(1).forEach(first::addSuppressed);
      throw first;
    }
  }
}
