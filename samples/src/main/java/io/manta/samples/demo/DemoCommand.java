package io.manta.samples.demo;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.cli.CommandException;
import io.manta.cli.Ports;
import io.manta.samples.ClassifierDeployment;
import io.manta.samples.tour.Story;
import io.manta.serve.Application;
import io.manta.serve.Serve;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `manta demo`
@Command(
    name = "demo",
    description = "Start a cluster of three processes, run the tour, serve a model, lose a node.")
public final class DemoCommand implements Callable<Integer> {
  private static final String LOOPBACK = "127.0.0.1";

  @Option(
      names = "--exit",
      description = "End after the last step, with code 0 if every answer was right.")
  private boolean exit;

  @Option(names = "--port", paramLabel = "N", description = "Port of the first node: any free one.")
  private OptionalInt port = OptionalInt.empty();

  @Option(
      names = "--http-port",
      paramLabel = "N",
      description = "Where the first node serves the model: 8000, or any free one.")
  private OptionalInt httpPort = OptionalInt.empty();

  @Override
  public Integer call() throws Exception {
    Instant started = Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
    PrintStream out = System.out;
    List<Integer> free = Ports.free(2);
    int nodePort = port.orElse(free.getFirst());
    requireFree("--port", nodePort);
    int modelPort =
        httpPort.orElse(
            Ports.isFree(LOOPBACK, Serve.DEFAULT_PORT) ? Serve.DEFAULT_PORT : free.getLast());
    requireFree("--http-port", modelPort);
    if (httpPort.isEmpty() && modelPort != Serve.DEFAULT_PORT) {
      out.println(
          "Port %d is taken: the model is served on %d.".formatted(Serve.DEFAULT_PORT, modelPort));
    }
    out.println("Starting three nodes, each a process that offers 4 cpus and 4 GiB ...");
    try (var cluster = DemoCluster.start(nodePort, modelPort)) {
      DemoCluster.Member first = cluster.members().getFirst();
      print(out, first);
      var config = MantaConfig.defaults().withAddresses(List.of(first.process().address()));
      try (Manta manta = Manta.connect(config)) {
        var demo = new Demo(cluster, manta, new Story(out), started);
        demo.firstTask();
        cluster.awaitUp();
        cluster.members().stream().skip(1).forEach(member -> print(out, member));
        demo.compute();
        try (Application application = demo.serve()) {
          demo.loseANode();
          demo.summary();
          out.println();
          out.println(
              demo.allRight() ? "Every step was right." : "Not every step was right: see FAILED.");
          if (!exit) {
            out.println(application.name() + " answers until Ctrl-C. Try:");
            out.println("  " + ClassifierDeployment.curl(demo.route()));
            new CountDownLatch(1).await();
          }
        }
        return demo.allRight() ? 0 : 1;
      }
    }
  }

  private static void print(PrintStream out, DemoCluster.Member member) {
    out.println(
        "   %s: %s, process %d"
            .formatted(member, member.process().address(), member.process().pid()));
  }

  private static void requireFree(String flag, int port) {
    if (port < 1 || port > 65535) {
      throw new CommandException("%s %d is not between 1 and 65535".formatted(flag, port));
    }
    Ports.requireFree(LOOPBACK, port, flag);
  }
}
