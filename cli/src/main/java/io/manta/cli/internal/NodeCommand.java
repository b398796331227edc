package io.manta.cli.internal;

import io.manta.actors.ClusterRecords;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.NodeControl;
import io.manta.core.DataSize;
import io.manta.core.Drained;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.Resources;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `manta node`: takes a node out of service and back, and changes what it offers. Until its
/// process ends.
@Command(
    name = "node",
    description = "Take a node out of service, or change what it offers while it runs.",
    synopsisSubcommandLabel = "COMMAND")
final class NodeCommand implements Runnable {
  private static final int LEFT = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /// The node, and the cluster that it is in.
  static final class Target {
    @Mixin private ClusterOptions cluster = new ClusterOptions();

    @Parameters(
        paramLabel = "NODE",
        description = "Its id or its HOST:PORT, as `manta status` shows them.")
    private String name = "";

    /// What is done with it.
    interface Action {
      int on(NodeControl node, NodeInfo before);
    }

    int run(CommandSpec spec, Action action) {
      try (Manta manta = cluster.connect(spec.commandLine().getErr())) {
        List<NodeInfo> nodes = ClusterOptions.settledNodes(manta);
        NodeInfo found =
            nodes.stream()
                .filter(node -> name.equals(node.id().toString()) || name.equals(node.address()))
                .findAny()
                .orElseThrow(
                    () ->
                        new ParameterException(
                            spec.commandLine(),
                            "no node is '%s'; there are %s"
                                .formatted(
                                    name,
                                    nodes.stream()
                                        .map(node -> node.id() + " at " + node.address())
                                        .toList())));
        return action.on(manta.node(found.id()), found);
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      }
    }
  }

  @Command(description = "Nothing new starts on it; what runs goes on.")
  int cordon(@Mixin Target target) {
    return target.run(
        spec,
        (node, before) -> {
          node.cordon();
          return say(node.id() + " takes nothing new");
        });
  }

  @Command(description = "It takes work again.")
  int uncordon(@Mixin Target target) {
    return target.run(
        spec,
        (node, before) -> {
          node.uncordon();
          return say(node.id() + " takes work");
        });
  }

  @Command(
      description =
          "Cordon it, move its actors away, and wait until its tasks have ended. Kills nothing; ends with code 3 when something is left.")
  int drain(
      @Mixin Target target,
      @Option(
              names = "--timeout",
              paramLabel = "TIME",
              description = "How long to wait: ${DEFAULT-VALUE}.",
              defaultValue = "5m")
          String timeout) {
    Duration limit = duration(timeout, "--timeout");
    return target.run(spec, (node, before) -> drained(node.id(), node.drain(limit)));
  }

  /// Written, and refused, as all durations are.
  private static Duration duration(String text, String flag) {
    return MantaConfig.defaults().withSetting("join-timeout", text, flag).joinTimeout();
  }

  private int drained(NodeId node, Drained drained) {
    say(node + " takes nothing new; actors moved away: " + drained.moved());
    if (drained.isComplete()) {
      return say("nothing is left on it: bin/manta stop ends it");
    }
    say(
        "left on it: tasks: %d, actors: %d, placement groups with bundles: %d; actors stay that may not be moved, and those that no other node has room for"
            .formatted(drained.tasks(), drained.actors(), drained.bundles()));
    return LEFT;
  }

  @Command(description = "Change what it offers, and what is true of it.")
  int set(
      @Mixin Target target,
      @Option(names = "--cpus", paramLabel = "N", description = "Cpus on offer.")
          Optional<Double> cpus,
      @Option(names = "--memory", paramLabel = "SIZE", description = "Memory on offer: 4GiB.")
          Optional<String> memory,
      @Option(
              names = "--resource",
              paramLabel = "NAME=N",
              split = ",",
              description = "A resource of your own on offer; 0 takes it away.")
          Map<String, Double> resources,
      @Option(
              names = "--label",
              paramLabel = "KEY=VALUE",
              split = ",",
              description = "What is true of the node; a label that it has keeps its value.")
          Map<String, String> labels,
      @Option(
              names = "--remove-label",
              paramLabel = "KEY",
              split = ",",
              description = "What is not true any more.")
          List<String> removed) {
    var amounts = new LinkedHashMap<String, Double>();
    cpus.ifPresent(amount -> amounts.put(Resources.CPU, amount));
    memory.ifPresent(size -> amounts.put(Resources.MEMORY, (double) DataSize.parse(size).bytes()));
    Optional.ofNullable(resources).ifPresent(amounts::putAll);
    boolean relabels = labels != null || removed != null;
    if (amounts.isEmpty() && !relabels) {
      throw new ParameterException(
          spec.commandLine(), "nothing to change: give --cpus, --memory, --resource or --label");
    }
    return target.run(
        spec,
        (node, before) -> {
          if (!amounts.isEmpty()) {
            node.setResources(amounts);
          }
          if (relabels) {
            var all = new TreeMap<>(before.labels());
            Optional.ofNullable(labels).ifPresent(all::putAll);
            Optional.ofNullable(removed).ifPresent(all.keySet()::removeAll);
            node.setLabels(all);
          }
          return say(node.id() + " is changed");
        });
  }

  @Command(
      description = {
        "Give up a node that is lost for good, and what only its state folder had.",
        "After all nodes were stopped, detached actors and placement groups wait for each node that lived then; the log names those that are missing."
      })
  int forget(
      @Mixin ClusterOptions cluster,
      @Parameters(
              paramLabel = "FOLDER",
              description = "The id of its state folder, as the log has it.")
          String folder) {
    try (Manta manta = cluster.connect(spec.commandLine().getErr())) {
      ClusterRecords folders = manta.records(ClusterRecords.STATE_FOLDERS);
      if (!folders.all().containsKey(folder)) {
        throw new ParameterException(
            spec.commandLine(),
            "no state folder is '%s'; there are %s".formatted(folder, folders.all().keySet()));
      }
      folders.remove(folder);
      return say("nothing waits for the state folder " + folder + " any more");
    }
  }

  private int say(String line) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
    return ExitCode.OK;
  }
}
