package io.manta.cli.internal;

import io.manta.actors.MantaConfig;
import io.manta.cli.CommandException;
import io.manta.cli.NodeProcess;
import io.manta.cli.Patience;
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
public final class StartCommand implements Callable<Integer> {
  /// Of the command line of nodes that other commands start.
  public static final String CHILD = "--child";

  private static final int HEAD_PORT = 25520;

  /// What a node may need to start beyond the time for joining: some seconds, but minutes on a
  /// machine that is very busy.
  private static final Duration START_TIME = Duration.ofMinutes(3);

  @Option(names = "--head", description = "The first node of a cluster.")
  private boolean head;

  @Option(names = "--block", description = "Stay in this process until Ctrl-C.")
  private boolean block;

  @Option(
      names = "--end-with-stdin",
      hidden = true,
      description = "End as soon as the standard input does: when the parent process is gone.")
  private boolean endWithStdin;

  @Option(
      names = "--keep-nothing",
      hidden = true,
      description = "Have no state folder: nobody starts this node again.")
  private boolean keepNothing;

  @Option(
      names = CHILD,
      hidden = true,
      description = "Started by another command, which tells the user about the node.")
  private boolean child;

  @Mixin private NodeOptions options = new NodeOptions();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    if (block) {
      NodeMain.tellMore();
    }
    if (endWithStdin) {
      NodeMain.endWithStdin();
    }
    if (head && options.hasAddresses()) {
      throw new ParameterException(
          spec.commandLine(),
          "--head is for the first node of a cluster and --address joins one; give one of them");
    }
    MantaConfig given = options.apply(MantaConfig.load());
    Path home = MantaConfig.home();
    if (!head && given.addresses().isEmpty()) {
      throw new CommandException(whichCluster(home));
    }
    given = given.safe();
    int port = choosePort(given, home);
    requireHttpPort(given, port);
    NodeFolder folder = NodeFolder.of(home, port);
    boolean isNew = !folder.exists();
    MantaConfig chosen = given.withAddresses(head ? List.of() : given.addresses()).withPort(port);
    MantaConfig config =
        patient(
            keepNothing
                ? chosen
                : chosen.withStateFolder(given.stateFolder().orElse(folder.state())));
    PrintWriter out = spec.commandLine().getOut();
    if (block) {
      return NodeMain.run(config, folder, node -> isUpHere(out, node, config));
    }
    NodeProcess node = NodeProcess.detached(home, port, arguments(config));
    awaitUp(node, () -> forget(folder, isNew), folder.log(), config.joinTimeout().plus(START_TIME));
    out.println(isUp(node.id(), node.address()));
    out.println("  offers   " + config.resources());
    out.println("  process  " + node.pid());
    out.println("  log      " + node.log());
    nextSteps(out, node.address(), config);
    out.println("  stop what runs here     " + Programs.name() + " stop");
    return 0;
  }

  /// A node that another command starts was told by that how long to try.
  private MantaConfig patient(MantaConfig config) {
    return child ? config : Patience.keeping(config, spec.commandLine().getErr());
  }

  private void isUpHere(PrintWriter out, NodeRecord node, MantaConfig config) {
    out.println(isUp(node.id(), node.address()));
    if (!child) {
      out.println("  offers   " + config.resources());
      nextSteps(out, node.address(), config);
      out.println("  stop this node          Ctrl-C");
    }
    out.flush();
  }

  /// Of a node that was never up; what a node before it left there stays.
  private static void forget(NodeFolder folder, boolean isNew) {
    if (isNew) {
      folder.delete();
    } else {
      folder.forget();
    }
  }

  /// Until it is up, what ends this process ends the node too: it has a session of its own, which a
  /// Ctrl-C does not reach.
  private static void awaitUp(NodeProcess node, Runnable forget, Path log, Duration limit) {
    var ending = new AtomicBoolean();
    Thread end =
        Thread.ofPlatform()
            .unstarted(
                () -> {
                  ending.set(true);
                  node.kill();
                  forget.run();
                });
    Runtime.getRuntime().addShutdownHook(end);
    try {
      node.awaitUp(limit);
    } catch (CommandException e) {
      while (ending.get()) {
        // Not a failure of the node: this process is about to end too.
        LockSupport.park();
      }
      Runtime.getRuntime().removeShutdownHook(end);
      node.kill();
      if (!String.valueOf(e.getMessage()).contains(log.toString())) {
        forget.run(); // the message says all that is in it
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
    arguments.addAll(List.of("--join-timeout", config.joinTimeout().toMillis() + "ms"));
    arguments.add("--state-folder");
    arguments.add(config.stateFolder().orElseThrow().toAbsolutePath().toString());
    return arguments;
  }

  private int choosePort(MantaConfig config, Path home) {
    int wanted = config.port().orElse(head ? HEAD_PORT : 0);
    if (wanted == 0) {
      return Ports.free(1).getFirst();
    }
    String host = config.bindHost().orElse(config.host());
    int bound = config.bindPort().orElse(wanted);
    Optional<NodeRecord> mine =
        NodeFolder.of(home, wanted).record().filter(record -> record.process().isPresent());
    if (mine.isPresent() && !Ports.isFree(host, bound)) {
      throw new CommandException(
          "a node of yours runs on port %d already (process %d); add one to its cluster"
                  .formatted(wanted, mine.get().pid())
              + " with '%s start --address %s', or give another port, such as --port %d"
                  .formatted(Programs.name(), mine.get().address(), Ports.freeAfter(host, wanted)));
    }
    Ports.requireFree(host, bound, bound == wanted ? "--port" : "bind-port");
    return wanted;
  }

  private static void requireHttpPort(MantaConfig config, int port) {
    String host = config.httpAddress(); // must be safe, whatever the port
    if (config.httpPort().isEmpty()) {
      return;
    }
    int http = config.httpPort().getAsInt();
    if (http == port) {
      throw new CommandException(
          "port %d can't be that of the node and of HTTP both; give another --http-port"
              .formatted(port));
    }
    Ports.requireFree(host, http, "--http-port");
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

  private static String isUp(String id, String address) {
    return "Node %s is up at %s".formatted(id, address);
  }

  private static void nextSteps(PrintWriter out, String address, MantaConfig config) {
    String program = Programs.name();
    String security = config.security().map(folder -> " --security " + folder).orElse("");
    String secured =
        config.security().map(folder -> "MANTA_SECURITY=" + folder + " and ").orElse("");
    out.println("Next:");
    out.println("  add a node              " + program + " start --address " + address + security);
    out.println("  connect a program       " + secured + "Manta.connect(\"" + address + "\")");
    out.println("  see the cluster         " + program + " status" + security);
  }
}
