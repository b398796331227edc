package io.manta.benchmarks;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.benchmarks.BenchCase.SkippedException;
import io.manta.cli.NodeProcess;
import io.manta.core.NodeId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The runtime under measurement: two cpus, in this process or in others.
///
/// @param workers the nodes, where they are other processes
record TestBed(Manta manta, Launcher launcher, List<NodeProcess> workers) implements AutoCloseable {
  static final int CPUS = 2;

  /// What each node has besides.
  static final Map<String, Double> RESOURCES = Map.of("blue", 2.0, "green", 2.0);

  /// @param nodes how many processes the cpus are divided among, where they are processes
  static TestBed open(Mode mode, Launcher launcher, int nodes) throws IOException {
    return switch (mode) {
      case EMBEDDED -> new TestBed(Manta.start(embedded()), launcher, List.of());
      case PROCESSES -> connect(launcher, nodes);
      case PEKKO, PEKKO_PROCESSES ->
          throw new IllegalArgumentException(mode.word() + " has no runtime of Manta's");
    };
  }

  private static MantaConfig embedded() {
    MantaConfig config = MantaConfig.defaults().withCpus(CPUS).withHttpPort(Launcher.freePort());
    for (var resource : RESOURCES.entrySet()) {
      config = config.withResource(resource.getKey(), resource.getValue());
    }
    return config;
  }

  private static TestBed connect(Launcher launcher, int nodes) throws IOException {
    var workers = new ArrayList<NodeProcess>();
    try {
      for (int i = 0; i < nodes; i++) {
        workers.add(startWorker(launcher, i, CPUS / nodes, workers));
      }
      List<String> addresses = workers.stream().map(NodeProcess::address).toList();
      Manta manta = Manta.connect(MantaConfig.defaults().withAddresses(addresses));
      var bed = new TestBed(manta, launcher, List.copyOf(workers));
      bed.awaitNodes();
      return bed;
    } catch (IOException | RuntimeException e) {
      workers.forEach(NodeProcess::kill);
      throw e;
    }
  }

  private static NodeProcess startWorker(
      Launcher launcher, int index, int cpus, List<NodeProcess> before) throws IOException {
    var arguments = new ArrayList<String>();
    if (before.isEmpty()) {
      arguments.add("--head");
    } else {
      arguments.addAll(List.of("--address", before.getFirst().address()));
    }
    arguments.addAll(List.of("--cpus", "" + cpus, "--http-port", "" + Launcher.freePort()));
    RESOURCES.forEach(
        (name, amount) -> arguments.addAll(List.of("--resource", name + "=" + amount)));
    String name = index == 0 ? "worker" : "worker " + (index + 1);
    return launcher.startNode(name, arguments.toArray(String[]::new));
  }

  /// A driver hears of further nodes a little later than of the first.
  private void awaitNodes() {
    long end = System.nanoTime() + Launcher.START_LIMIT.toNanos();
    while (manta.nodes().size() < workers.size()) {
      if (System.nanoTime() > end) {
        throw new IllegalStateException(
            "the driver sees %d of %d nodes after %d s"
                .formatted(manta.nodes().size(), workers.size(), Launcher.START_LIMIT.toSeconds()));
      }
      Launcher.pause(0.01);
    }
  }

  /// The node, where it is another process; the first when there are several.
  Optional<NodeProcess> worker() {
    return workers.stream().findFirst();
  }

  /// The nodes that run tasks and actors, one or more.
  List<NodeId> nodes() {
    return workers.isEmpty()
        ? List.of(manta.id())
        : workers.stream().map(worker -> NodeId.parse(worker.id())).toList();
  }

  /// The node, for cases that are about several processes.
  NodeProcess requireWorker() throws SkippedException {
    return worker().orElseThrow(() -> new SkippedException("an embedded node is one process"));
  }

  /// Where the node's warnings go.
  Path log() {
    return worker().map(NodeProcess::log).orElse(launcher.log());
  }

  @Override
  public void close() {
    try {
      manta.close();
    } finally {
      workers.forEach(Launcher::end);
    }
  }
}
