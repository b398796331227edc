package io.manta.benchmarks;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.benchmarks.BenchCase.SkippedException;
import io.manta.cli.NodeProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The runtime under measurement: two cpus, in this process or in another.
///
/// @param worker the node, where it is another process
record TestBed(Manta manta, Launcher launcher, Optional<NodeProcess> worker)
    implements AutoCloseable {
  static final int CPUS = 2;

  static TestBed open(Mode mode, Launcher launcher) throws IOException {
    return switch (mode) {
      case EMBEDDED ->
          new TestBed(
              Manta.start(MantaConfig.defaults().withCpus(CPUS).withHttpPort(Launcher.freePort())),
              launcher,
              Optional.empty());
      case PROCESSES -> connect(launcher);
    };
  }

  private static TestBed connect(Launcher launcher) throws IOException {
    NodeProcess worker =
        launcher.startNode(
            "worker", "--head", "--cpus", "" + CPUS, "--http-port", "" + Launcher.freePort());
    try {
      MantaConfig driver = MantaConfig.defaults().withAddresses(List.of(worker.address()));
      return new TestBed(Manta.connect(driver), launcher, Optional.of(worker));
    } catch (RuntimeException e) {
      worker.kill();
      throw e;
    }
  }

  /// The node, for cases that are about several processes.
  NodeProcess requireWorker() throws SkippedException {
    return worker.orElseThrow(() -> new SkippedException("an embedded node is one process"));
  }

  /// Where the node's warnings go.
  Path log() {
    return worker.map(NodeProcess::log).orElse(launcher.log());
  }

  @Override
  public void close() {
    try {
      manta.close();
    } finally {
      worker.ifPresent(Launcher::end);
    }
  }
}
