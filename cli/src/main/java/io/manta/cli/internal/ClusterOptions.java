package io.manta.cli.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.cli.Addresses;
import io.manta.cli.Patience;
import io.manta.core.NodeInfo;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Option;

/// The cluster that a command is about.
final class ClusterOptions {
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(20);

  @Option(
      names = "--address",
      paramLabel = "manta://HOST:PORT",
      split = ",",
      description = "A node of the cluster: MANTA_ADDRESS, else a node that you started here.")
  private List<String> addresses = new ArrayList<>();

  @Option(
      names = "--join-timeout",
      paramLabel = "TIME",
      description = "How long to try to reach the cluster: 15s, 8s while nothing listens there.")
  private Optional<String> joinTimeout = Optional.empty();

  @Option(
      names = "--security",
      paramLabel = "FOLDER",
      description = "The cluster's certificates and token, if it has any: MANTA_SECURITY.")
  private Optional<String> security = Optional.empty();

  /// @param err where it says that nothing listens there yet
  Manta connect(PrintWriter err) {
    MantaConfig config = MantaConfig.load().withoutBinding().withAddresses(Addresses.of(addresses));
    if (security.isPresent()) {
      config = config.withSetting("security", security.get(), "--security");
    }
    if (joinTimeout.isEmpty()) {
      return Manta.connect(Patience.of(config, err));
    }
    config = config.withSetting("join-timeout", joinTimeout.get(), "--join-timeout");
    return Manta.connect(Patience.keeping(config, err));
  }

  /// The nodes by address, once no further one has been heard of for a while: a new driver is told
  /// of one node and hears from the others one by one.
  static List<NodeInfo> settledNodes(Manta manta) {
    long start = System.nanoTime();
    long changed = start;
    int known = 0;
    while (true) {
      List<NodeInfo> nodes = manta.nodes();
      long now = System.nanoTime();
      if (nodes.size() != known) {
        known = nodes.size();
        changed = now;
      }
      boolean settled = known > 0 && now - changed > QUIET.toNanos();
      if (settled || now - start > SETTLE_LIMIT.toNanos()) {
        return nodes.stream().sorted(Comparator.comparing(NodeInfo::address)).toList();
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }
}
