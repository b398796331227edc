package io.manta.cli;

import io.manta.actors.MantaConfig;
import io.manta.cli.internal.NodeFolder;
import io.manta.cli.internal.NodeRecord;
import io.manta.cli.internal.Programs;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Finds the cluster that a command is about.
public final class Addresses {
  private Addresses() {}

  /// The addresses given, else those in MANTA_ADDRESS, else that of the oldest node that this user
  /// started on this machine; younger ones may be of another cluster.
  ///
  /// @throws CommandException when there are none
  public static List<String> of(List<String> given) {
    return of(given, System.getenv(), MantaConfig.home());
  }

  static List<String> of(List<String> given, Map<String, String> environment, Path home) {
    if (!given.isEmpty() && !given.equals(List.of("auto"))) {
      return given;
    }
    String variable = environment.getOrDefault("MANTA_ADDRESS", "");
    if (!variable.isBlank()) {
      return Arrays.stream(variable.split(",")).map(String::strip).toList();
    }
    var running =
        NodeFolder.records(home).stream()
            .filter(record -> record.process().isPresent())
            .map(NodeRecord::address)
            .limit(1)
            .toList();
    if (running.isEmpty()) {
      throw new CommandException(
          "no node of yours runs on this machine; start one with '%s start --head', or say where"
                  .formatted(Programs.name())
              + " the cluster is with --address manta://HOST:PORT or MANTA_ADDRESS");
    }
    return running;
  }
}
