package io.manta.cli.internal;

import io.manta.actors.MantaConfig;
import io.manta.cli.CommandException;
import io.manta.cli.NodeProcess;
import io.manta.cli.Ports;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `manta start`: a node on this machine, in a process of its own unless `--block`.
@Command(
    name = "start",
    description = "Start a node on this machine: the first of a cluster, or one more.")
final class StartCommand implements Callable<Integer> {
  private static final int HEAD_PORT = 25520;

  /// What a node may need to start beyond the time for joining.
  private static final Duration START_TIME = Duration.ofSeconds(45);

  @Option(names = "--head", description = "The first node of a cluster.")
  private boolean head;

  @Option(names = "--block", description = "Stay in this process until Ctrl-C.")
  private boolean block;

  @Option(
      names = "--end-with-stdin",
      hidden = true,
      description = "End as soon as the standard input does: when the parent process is gone.")
  private boolean endWithStdin;

  @Mixin private NodeOptions options = new NodeOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    if (endWithStdin) {
      NodeMain.endWithStdin();
    }
    if (head && options.hasAddresses()) {
      throw new ParameterException(
          spec.commandLine(),
          "--head is for the first node of a cluster and --address joins one; give one of them");
    }
    MantaConfig config = options.apply(MantaConfig.load());
    Path home = NodeFolder.home();
    if (!head && config.addresses().isEmpty()) {
      throw new CommandException(whichCluster(home));
    }
    if (head && !config.addresses().isEmpty()) {
      config = config.withAddresses(List.of());
    }
    int port = choosePort(config, home);
    if (config.httpPort().isPresent()) {
      Ports.requireFree(config.host(), config.httpPort().getAsInt(), "--http-port");
    }
    NodeFolder folder = NodeFolder.of(home, port);
    config = config.withPort(port);
    if (config.stateFolder().isEmpty()) {
      config = config.withStateFolder(folder.state());
    }
    PrintWriter out = spec.commandLine().getOut();
    if (block) {
      MantaConfig used = config;
      return NodeMain.run(
          config,
          folder,
          node -> {
            isUp(out, node.id(), node.address(), used);
            nextSteps(out, node.address(), "stop this node          Ctrl-C");
          });
    }
    NodeProcess node = NodeProcess.detached(home, port, arguments(config));
    awaitUp(node, config.joinTimeout().plus(START_TIME));
    isUp(out, node.id(), node.address(), config);
    out.println("  process  " + node.pid());
    out.println("  log      " + node.log());
    nextSteps(out, node.address(), "stop what runs here     " + Programs.name() + " stop");
    return 0;
  }

  /// Until it is up, what ends this process ends the node too: it has a session of its own, which a
  /// Ctrl-C does not reach.
  private static void awaitUp(NodeProcess node, Duration limit) {
    var ending = new AtomicBoolean();
    Thread end =
        Thread.ofPlatform()
            .unstarted(
                () -> {
                  ending.set(true);
                  node.kill();
                });
    Runtime.getRuntime().addShutdownHook(end);
    try {
      node.awaitUp(limit);
    } catch (CommandException e) {
      while (ending.get()) {
        // Not a failure of the node: this process is about to end too.
        LockSupport.park();
      }
      throw e;
    }
    Runtime.getRuntime().removeShutdownHook(end);
  }

  private List<String> arguments(MantaConfig config) {
    var arguments = new ArrayList<String>();
    if (head) {
      arguments.add("--head");
    }
    arguments.addAll(options.toArguments());
    arguments.add("--state-folder");
    arguments.add(config.stateFolder().orElseThrow().toAbsolutePath().toString());
    return arguments;
  }

  private int choosePort(MantaConfig config, Path home) {
    int wanted = config.port().orElse(head ? HEAD_PORT : 0);
    if (wanted == 0) {
      return Ports.free(1).getFirst();
    }
    Optional<NodeRecord> mine =
        NodeFolder.of(home, wanted).record().filter(record -> record.process().isPresent());
    if (mine.isPresent() && !Ports.isFree(config.host(), wanted)) {
      throw new CommandException(
          "a node of yours runs on port %d already (process %d); add one to its cluster"
                  .formatted(wanted, mine.get().pid())
              + " with '%s start --address %s', or give another port, such as --port %d"
                  .formatted(
                      Programs.name(),
                      mine.get().address(),
                      Ports.freeAfter(config.host(), wanted)));
    }
    Ports.requireFree(config.host(), wanted, "--port");
    return wanted;
  }

  private static String whichCluster(Path home) {
    String first =
        "say which cluster: '%s start --head' starts a new one".formatted(Programs.name());
    String join =
        NodeFolder.records(home).stream()
            .filter(record -> record.process().isPresent())
            .findFirst()
            .map(NodeRecord::address)
            .orElse("manta://HOST:PORT");
    return first + ", '%s start --address %s' joins one".formatted(Programs.name(), join);
  }

  private static void isUp(PrintWriter out, String id, String address, MantaConfig config) {
    out.println("Node %s is up at %s".formatted(id, address));
    out.println("  offers   " + config.resources());
  }

  private static void nextSteps(PrintWriter out, String address, String stop) {
    String program = Programs.name();
    out.println("Next:");
    out.println("  add a node              " + program + " start --address " + address);
    out.println("  connect a program       Manta.connect(\"" + address + "\")");
    out.println("  see the cluster         " + program + " status");
    out.println("  " + stop);
    out.flush();
  }
}
