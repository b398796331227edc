package io.manta.samples.demo;

import io.manta.cli.CommandException;
import io.manta.cli.NodeProcess;
import io.manta.cli.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// Three node processes on this machine, with what they write in a folder that goes with them. They
/// end with this process, however it ends.
final class DemoCluster implements AutoCloseable {
  /// Each node has one; each replica holds one: no two replicas share a node, and the nodes'
  /// resources show where the replicas are.
  static final String PLACE = "model-place";

  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final int NODES = 3;

  /// @param number counted from 1
  record Member(int number, NodeProcess process, URI http) {
    @Override
    public String toString() {
      return "node " + number;
    }
  }

  private final Path home;
  private final List<Member> members;
  private volatile boolean interrupted;

  private DemoCluster(Path home, List<Member> members) {
    this.home = home;
    this.members = members;
  }

  /// Starts the nodes; blocks until the first is up, which has the machine for itself until then.
  ///
  /// @param port of the first node
  /// @param httpPort of the first node
  static DemoCluster start(int port, int httpPort) {
    Path home;
    try {
      home = Files.createTempDirectory("manta-demo-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var cluster = new DemoCluster(home, new ArrayList<>());
    // Also when this thread never gets to close it.
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(
                    () -> {
                      cluster.interrupted = true;
                      cluster.close();
                    }));
    List<Integer> free =
        Ports.free(2 * NODES).stream()
            .filter(candidate -> candidate != port && candidate != httpPort)
            .toList();
    for (int i = 0; i < NODES; i++) {
      int nodePort = i == 0 ? port : free.get(2 * i - 2);
      int nodeHttpPort = i == 0 ? httpPort : free.get(2 * i - 1);
      var arguments =
          new ArrayList<>(
              i == 0 ? List.of("--head") : List.of("--address", "manta://127.0.0.1:" + port));
      arguments.addAll(List.of("--cpus", "4", "--memory", "4GiB", "--resource", PLACE + "=1"));
      arguments.addAll(List.of("--http-port", Integer.toString(nodeHttpPort)));
      arguments.addAll(List.of("--join-timeout", START_LIMIT.toSeconds() + "s"));
      cluster.add(nodePort, nodeHttpPort, arguments);
      if (i == 0) {
        cluster.awaitUp();
      }
    }
    return cluster;
  }

  /// Blocks until all nodes that were started are up.
  void awaitUp() {
    try {
      members.forEach(member -> member.process().awaitUp(START_LIMIT));
    } catch (CommandException e) {
      parkWhenInterrupted();
      close();
      throw e;
    }
    parkWhenInterrupted();
  }

  /// A node that was ended with this process did not fail, and nothing is to be said of it.
  private void parkWhenInterrupted() {
    while (interrupted) {
      LockSupport.park();
    }
  }

  private synchronized void add(int port, int httpPort, List<String> arguments) {
    if (interrupted) {
      return; // it would outlive the removal of the folder
    }
    members.add(
        new Member(
            members.size() + 1,
            NodeProcess.attached(home, port, arguments),
            URI.create("http://127.0.0.1:" + httpPort)));
  }

  List<Member> members() {
    return List.copyOf(members);
  }

  /// The member with a node's id.
  Member member(String id) {
    return members.stream()
        .filter(member -> member.process().id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(id + " is not a node of the demo"));
  }

  /// Kills what runs and removes what was written. Closing twice is harmless.
  @Override
  public synchronized void close() {
    members.stream().map(Member::process).filter(NodeProcess::isAlive).forEach(NodeProcess::kill);
    if (!Files.exists(home)) {
      return;
    }
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("manta: " + home + " can't be removed: " + e);
    }
  }
}
