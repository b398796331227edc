package io.manta.cli.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.autoscaling.Autoscaler;
import io.manta.actors.autoscaling.AutoscalerConfig;
import io.manta.actors.autoscaling.NodeProvider;
import io.manta.cli.CommandException;
import io.manta.cli.LocalNodeProvider;
import io.manta.core.NodeType;
import io.manta.core.Resources;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `manta autoscale`: starts nodes for work that waits, and gives back idle ones, until Ctrl-C.
@Command(
    name = "autoscale",
    description = "Start nodes when work waits, and stop those that are idle, until Ctrl-C.")
final class AutoscaleCommand implements Callable<Integer> {
  private static final String LOCAL = "local";
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");

  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      description = "Where nodes come from: ${DEFAULT-VALUE}, processes on this machine.",
      defaultValue = LOCAL)
  private String provider = LOCAL;

  @Option(
      names = "--provider-setting",
      paramLabel = "KEY=VALUE",
      description = "What the provider needs to know; more than one may be given.")
  private Map<String, String> providerSettings = new LinkedHashMap<>();

  @Option(
      names = "--min",
      paramLabel = "N",
      description = "How many of these nodes there are always: ${DEFAULT-VALUE}.",
      defaultValue = "0")
  private int min;

  @Option(
      names = "--max",
      paramLabel = "N",
      description = "How many of these nodes there are at most: ${DEFAULT-VALUE}.",
      defaultValue = "4")
  private int max;

  @Option(names = "--cpus", paramLabel = "N", description = "Cpus of each: this machine's.")
  private Optional<String> cpus = Optional.empty();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "Memory of each, such as 4GiB: the maximum heap.")
  private Optional<String> memory = Optional.empty();

  @Option(
      names = "--resource",
      paramLabel = "NAME=N",
      split = ",",
      description = "A resource of your own that each has; more than one may be given.")
  private List<String> resources = List.of();

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "What is true of each, such as zone=eu; more than one may be given.")
  private List<String> labels = List.of();

  @Option(
      names = "--patience",
      paramLabel = "TIME",
      description = "How long work waits before a node is started for it: ${DEFAULT-VALUE}.",
      defaultValue = "1s")
  private String patience = "";

  @Option(
      names = "--idle-timeout",
      paramLabel = "TIME",
      description = "How long nothing is on a node before it is stopped: ${DEFAULT-VALUE}.",
      defaultValue = "60s")
  private String idleTimeout = "";

  @Option(
      names = "--start-timeout",
      paramLabel = "TIME",
      description = "After which a node that did not join is given up: ${DEFAULT-VALUE}.",
      defaultValue = "5m")
  private String startTimeout = "";

  @Option(
      names = "--drain-timeout",
      paramLabel = "TIME",
      description =
          "After which a node that is to leave and is still used goes on: ${DEFAULT-VALUE}.",
      defaultValue = "30s")
  private String drainTimeout = "";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    AutoscalerConfig config = config();
    PrintWriter out = spec.commandLine().getOut();
    try (Manta manta = cluster.connect(spec.commandLine().getErr())) {
      List<String> addresses = manta.config().addresses();
      NodeProvider nodes = provider(addresses);
      NodeType type = config.types().getFirst();
      say(
          out,
          "watches %s: %d to %d nodes of %s (%s)"
              .formatted(
                  String.join(", ", addresses),
                  type.least(),
                  type.most(),
                  type.name(),
                  type.offers()));
      new Run(manta, nodes, out).untilEnd(config);
    }
    return 0;
  }

  /// What is to be closed in order, also when this process is asked to end.
  private record Run(Manta manta, NodeProvider nodes, PrintWriter out) {
    /// Until this process is asked to end, or the cluster is gone.
    void untilEnd(AutoscalerConfig config) {
      var asked = new AtomicBoolean();
      Autoscaler autoscaler = Autoscaler.start(manta, nodes, config, event -> say(out, event));
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .name("manta-autoscale-end")
                  .unstarted(
                      () -> {
                        asked.set(true);
                        end(autoscaler);
                      }));
      autoscaler.whenEnded().toCompletableFuture().join();
      end(autoscaler);
      if (!asked.get()) {
        throw new CommandException(
            "the cluster at %s is gone, and the nodes that this command started"
                .formatted(String.join(", ", manta.config().addresses())));
      }
    }

    private synchronized void end(Autoscaler autoscaler) {
      autoscaler.close();
      int count = nodes.list().size();
      if (count > 0) {
        say(out, "ends, and with it what it started: " + count + " nodes");
      }
      nodes.close();
      manta.close();
    }
  }

  private static void say(PrintWriter out, Object what) {
    out.println(CLOCK.format(LocalTime.now(ZoneId.systemDefault())) + " " + what);
    out.flush();
  }

  private NodeProvider provider(List<String> addresses) {
    if (provider.equals(LOCAL)) {
      if (!providerSettings.isEmpty()) {
        throw wrong(
            "--provider local has no settings; leave out --provider-setting "
                + providerSettings.keySet().iterator().next());
      }
      return new LocalNodeProvider(addresses, MantaConfig.home());
    }
    List<NodeProvider.Factory> found =
        ServiceLoader.load(NodeProvider.Factory.class).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    NodeProvider.Factory factory =
        found.stream()
            .filter(each -> each.name().equals(provider))
            .findFirst()
            .orElseThrow(
                () ->
                    wrong(
                        "--provider %s: there are %s; others are found on the class path (MANTA_CLASS_PATH)"
                            .formatted(
                                provider,
                                Stream.concat(
                                        Stream.of(LOCAL),
                                        found.stream().map(NodeProvider.Factory::name))
                                    .toList())));
    try {
      return factory.create(addresses, Map.copyOf(providerSettings));
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          "--provider %s: %s".formatted(provider, String.valueOf(e.getMessage())), e);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private AutoscalerConfig config() {
    MantaConfig node = MantaConfig.load();
    node = set(node, "cpus", cpus);
    node = set(node, "memory", memory);
    if (!resources.isEmpty()) {
      node = node.withSetting("resources", String.join(",", resources), "--resource");
    }
    if (!labels.isEmpty()) {
      node = node.withSetting("labels", String.join(",", labels), "--label");
    }
    if (min < 0 || max < 1 || min > max) {
      throw wrong(
          "--min %d and --max %d: give 0 or more, and at least 1 and as many at most"
              .formatted(min, max));
    }
    // the gpus of this machine can't be divided among processes
    Resources offers =
        provider.equals(LOCAL) ? node.resources().with(Resources.GPU, 0) : node.resources();
    return AutoscalerConfig.of(List.of(new NodeType(provider, offers, node.labels(), min, max)))
        .withPatience(duration(patience, "--patience"))
        .withIdleTimeout(duration(idleTimeout, "--idle-timeout"))
        .withStartTimeout(duration(startTimeout, "--start-timeout"))
        .withDrainTimeout(duration(drainTimeout, "--drain-timeout"));
  }

  private static MantaConfig set(MantaConfig config, String key, Optional<String> value) {
    return value.map(text -> config.withSetting(key, text, "--" + key)).orElse(config);
  }

  /// Written, and refused, as all durations are.
  private static Duration duration(String text, String flag) {
    return MantaConfig.defaults().withSetting("join-timeout", text, flag).joinTimeout();
  }
}
