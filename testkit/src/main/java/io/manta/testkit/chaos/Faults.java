package io.manta.testkit.chaos;

import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.testkit.FaultyNetwork;
import io.manta.testkit.LinkFault;
import io.manta.testkit.ProcessCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Has faults befall a cluster, one after another, in an order that a seed chooses. What is not
/// healed at the end is for others to heal: nodes that ended are not started again here.
final class Faults {
  private final ProcessCluster cluster;
  private final Random random;
  private final Supplier<Optional<NodeId>> favourite;
  private final Supplier<FaultyNetwork.Place> driver;
  private final Consumer<String> timeline;
  private final Iterator<Fault> next;

  /// The faults of a seed, without end: each comes once before any comes again.
  static Iterator<Fault> order(long seed) {
    var random = new Random(seed);
    return Stream.generate(
            () -> {
              var all = new ArrayList<>(List.of(Fault.values()));
              Collections.shuffle(all, random);
              return all;
            })
        .flatMap(List::stream)
        .iterator();
  }

  /// @param order of the faults
  /// @param favourite a node that is worth a fault
  /// @param driver where a driver is that may be cut off
  /// @param timeline told of each fault before it is there
  Faults(
      ProcessCluster cluster,
      Iterator<Fault> order,
      Random random,
      Supplier<Optional<NodeId>> favourite,
      Supplier<FaultyNetwork.Place> driver,
      Consumer<String> timeline) {
    this.cluster = cluster;
    this.next = order;
    this.random = random;
    this.favourite = favourite;
    this.driver = driver;
    this.timeline = timeline;
  }

  /// The next one; blocks while it lasts.
  ///
  /// @return which it was
  Fault strike() {
    Fault fault = next.next();
    ProcessCluster.Node victim = victim();
    ProcessCluster.Node other = otherThan(victim);
    switch (fault) {
      case KILL -> kill(victim);
      case FORGET -> forget(victim);
      case STOP -> stop(victim);
      case STAND_STILL -> standStill(victim, 200 + random.nextInt(1_500));
      case FREEZE -> standStill(victim, 9_000 + random.nextInt(4_000));
      case DELAY -> delay(5 + random.nextInt(600));
      case NARROW -> narrow();
      case STALL -> stall(victim, 500 + random.nextInt(4_500));
      case CUT -> cut(victim, other, 300 + random.nextInt(2_000));
      case DEAF -> deafen(victim, other, 500 + random.nextInt(2_000));
      case ISOLATE -> isolate(victim, 9_000 + random.nextInt(4_000));
      case CUT_DRIVER -> cutDriver(1_000 + random.nextInt(7_000));
    }
    return fault;
  }

  /// Mostly one that is worth it.
  private ProcessCluster.Node victim() {
    Optional<NodeId> worth = favourite.get();
    List<ProcessCluster.Node> nodes = cluster.nodes();
    ProcessCluster.Node any = nodes.get(random.nextInt(nodes.size()));
    boolean chosen = random.nextInt(3) > 0;
    return nodes.stream()
        .filter(node -> chosen && worth.filter(node.id()::equals).isPresent())
        .findFirst()
        .orElse(any);
  }

  private ProcessCluster.Node otherThan(ProcessCluster.Node node) {
    List<ProcessCluster.Node> others =
        cluster.nodes().stream().filter(each -> each != node).toList();
    return others.get(random.nextInt(others.size()));
  }

  private void kill(ProcessCluster.Node node) {
    timeline.accept("kill " + name(node));
    node.kill();
    pause(random.nextInt(4_000));
  }

  private void forget(ProcessCluster.Node node) {
    timeline.accept("kill " + name(node) + " and delete its folder");
    node.kill();
    node.deleteState();
  }

  private void stop(ProcessCluster.Node node) {
    timeline.accept("stop " + name(node) + " in order");
    node.stop();
  }

  private void standStill(ProcessCluster.Node node, int millis) {
    timeline.accept(name(node) + " stands still for " + millis + " ms");
    node.suspend();
    try {
      pause(millis);
    } finally {
      node.resume();
    }
  }

  private void delay(int millis) {
    timeline.accept("all links are " + millis + " ms longer");
    fault(() -> network().everywhere(LinkFault.delay(Duration.ofMillis(millis))), 4_000);
  }

  private void narrow() {
    timeline.accept("all links pass 1 MB/s");
    fault(() -> network().everywhere(LinkFault.bandwidth(DataSize.parse("1MB"))), 4_000);
  }

  private void stall(ProcessCluster.Node node, int millis) {
    timeline.accept("links of " + name(node) + " stall for " + millis + " ms");
    fault(() -> network().around(node.place(), LinkFault.stall()), millis);
  }

  private void cut(ProcessCluster.Node one, ProcessCluster.Node other, int millis) {
    timeline.accept("cut between %s and %s for %d ms".formatted(name(one), name(other), millis));
    fault(() -> network().between(one.place(), other.place(), LinkFault.cut()), millis);
  }

  private void deafen(ProcessCluster.Node from, ProcessCluster.Node to, int millis) {
    timeline.accept("cut from %s to %s for %d ms".formatted(name(from), name(to), millis));
    fault(() -> network().oneWay(from.place(), to.place(), LinkFault.cut()), millis);
  }

  /// From the other nodes, and perhaps from drivers.
  private void isolate(ProcessCluster.Node node, int millis) {
    boolean driversToo = random.nextBoolean();
    timeline.accept(
        "%s is cut off from the other nodes%s for %d ms"
            .formatted(name(node), driversToo ? " and from drivers" : "", millis));
    fault(
        () -> {
          if (driversToo) {
            network().around(node.place(), LinkFault.cut());
          } else {
            cluster.nodes().stream()
                .filter(other -> other != node)
                .forEach(other -> network().between(node.place(), other.place(), LinkFault.cut()));
          }
        },
        millis);
  }

  private void cutDriver(int millis) {
    timeline.accept("a driver is cut off for " + millis + " ms");
    fault(() -> network().around(driver.get(), LinkFault.cut()), millis);
  }

  private void fault(Runnable begin, int millis) {
    begin.run();
    pause(millis);
    network().heal();
  }

  private FaultyNetwork network() {
    return cluster.network();
  }

  private static String name(ProcessCluster.Node node) {
    return node.id() + " at " + node.address().substring("manta://".length());
  }

  static void pause(int millis) {
    LockSupport.parkNanos(Duration.ofMillis(millis).toNanos());
  }
}
