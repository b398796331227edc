package io.manta.benchmarks;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.NodeId;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// One more node of the cluster, in a process that ends with this object. It shares memory with the
/// others of this host, or passes for a node of another host: its object store has a folder of its
/// own then, so that values are sent to it.
record BenchNode(Child process, NodeId id, Path store) implements AutoCloseable {
  /// The answer of the process, once it is up.
  record Up(String id) {}

  static BenchNode onThisHost(TestBed bed) throws Exception {
    return start(bed, thisHost());
  }

  static BenchNode onAnotherHost(TestBed bed) throws Exception {
    return start(bed, thisHost().resolveSibling("manta-bench-" + ProcessHandle.current().pid()));
  }

  private static Path thisHost() {
    return Path.of(MantaConfig.defaults().toSettings().get("object-store-folder"));
  }

  private static BenchNode start(TestBed bed, Path store) throws Exception {
    String address = bed.requireWorker().address();
    Child process =
        bed.launcher().start("further node", BenchNode.class, address, store.toString());
    try {
      return new BenchNode(
          process, NodeId.parse(process.answer(Up.class, Launcher.START_LIMIT).id()), store);
    } catch (IOException | RuntimeException e) {
      process.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    process.close();
    if (!store.equals(thisHost()) && Files.exists(store)) {
      Session.delete(store);
    }
  }

  /// The process.
  ///
  /// @param arguments the address of a node, and the folder of the store
  public static void main(String[] arguments) throws Exception {
    PrintStream answers = Child.answers();
    MantaConfig config =
        MantaConfig.defaults()
            .withCpus(1)
            .withPort(0)
            .withAddresses(List.of(arguments[0]))
            .withSetting("object-store-folder", arguments[1], "the bench");
    Manta node = Manta.start(config);
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(node::close));
    answers.println(Json.line(new Up(node.id().toString())));
    new CountDownLatch(1).await();
  }
}
