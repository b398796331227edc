package io.manta.cli.internal;

import io.manta.actors.MantaConfig;
import io.manta.cli.Addresses;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// The settings of a node that `manta start` takes as flags. They go as text to [MantaConfig],
/// which knows what is allowed.
final class NodeOptions {
  @Option(
      names = "--address",
      paramLabel = "manta://HOST:PORT",
      split = ",",
      description =
          "A node of the cluster to join; more than one may be given. auto: MANTA_ADDRESS, else a"
              + " node that you started here.")
  private List<String> addresses = new ArrayList<>();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Where nodes and programs connect: 25520 for --head, else any free one.")
  private Optional<String> port = Optional.empty();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "What to bind: 127.0.0.1. What other machines reach needs --security.")
  private Optional<String> host = Optional.empty();

  @Option(
      names = "--security",
      paramLabel = "FOLDER",
      description = "The cluster's certificates and token, made by 'manta cluster init'.")
  private Optional<String> security = Optional.empty();

  @Option(names = "--cpus", paramLabel = "N", description = "Cpus on offer: this machine's.")
  private Optional<String> cpus = Optional.empty();

  @Option(names = "--gpus", paramLabel = "N", description = "Gpus on offer: those that there are.")
  private Optional<String> gpus = Optional.empty();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description = "Memory on offer, such as 4GiB: the maximum heap.")
  private Optional<String> memory = Optional.empty();

  @Option(
      names = "--resource",
      paramLabel = "NAME=N",
      split = ",",
      description = "A resource of your own on offer; more than one may be given.")
  private List<String> resources = new ArrayList<>();

  @Option(
      names = "--label",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "What is true of the node, such as zone=eu; more than one may be given.")
  private List<String> labels = new ArrayList<>();

  @Option(
      names = "--http-port",
      paramLabel = "N",
      description = "Where models are served: 8000, or any free one where that is taken.")
  private Optional<String> httpPort = Optional.empty();

  @Option(
      names = "--state-folder",
      paramLabel = "FOLDER",
      description = "Where the node remembers its peers: a folder under ~/.manta by port.")
  private Optional<String> stateFolder = Optional.empty();

  @Option(
      names = "--new-cluster",
      description = "Found a cluster although the node remembers peers and none answers.")
  private boolean newCluster;

  @Option(
      names = "--join-timeout",
      paramLabel = "TIME",
      description = "How long to try to reach the cluster: 15s.")
  private Optional<String> joinTimeout = Optional.empty();

  boolean hasAddresses() {
    return !addresses.isEmpty();
  }

  /// The settings given before, changed by these flags.
  ///
  /// @throws io.manta.core.ConfigurationException when a value is wrong, naming its flag
  MantaConfig apply(MantaConfig given) {
    MantaConfig config = given;
    config = set(config, "host", host);
    config = set(config, "security", security);
    config = set(config, "port", port);
    config = set(config, "cpus", cpus);
    config = set(config, "gpus", gpus);
    config = set(config, "memory", memory);
    config = set(config, "http-port", httpPort);
    config = set(config, "state-folder", stateFolder);
    config = set(config, "join-timeout", joinTimeout);
    if (!resources.isEmpty()) {
      config = config.withSetting("resources", String.join(",", resources), "--resource");
    }
    if (!labels.isEmpty()) {
      config = config.withSetting("labels", String.join(",", labels), "--label");
    }
    if (!addresses.isEmpty()) {
      addresses = Addresses.of(addresses); // before this node is one that "auto" could mean
      config = config.withSetting("addresses", String.join(",", addresses), "--address");
    }
    return newCluster ? config.withNewCluster(true) : config;
  }

  private static MantaConfig set(MantaConfig config, String key, Optional<String> value) {
    return value.map(text -> config.withSetting(key, text, "--" + key)).orElse(config);
  }

  /// These flags again for another process; the port, the state folder and the time for joining are
  /// left out.
  List<String> toArguments() {
    var arguments = new ArrayList<String>();
    addresses.forEach(address -> arguments.addAll(List.of("--address", address)));
    resources.forEach(resource -> arguments.addAll(List.of("--resource", resource)));
    labels.forEach(label -> arguments.addAll(List.of("--label", label)));
    add(arguments, "--host", host);
    add(arguments, "--security", security.map(NodeOptions::absolute));
    add(arguments, "--cpus", cpus);
    add(arguments, "--gpus", gpus);
    add(arguments, "--memory", memory);
    add(arguments, "--http-port", httpPort);
    if (newCluster) {
      arguments.add("--new-cluster");
    }
    return arguments;
  }

  /// Of a folder: the other process may be in another one.
  private static String absolute(String folder) {
    return Path.of(folder).toAbsolutePath().toString();
  }

  private static void add(List<String> arguments, String flag, Optional<String> value) {
    value.ifPresent(text -> arguments.addAll(List.of(flag, text)));
  }
}
