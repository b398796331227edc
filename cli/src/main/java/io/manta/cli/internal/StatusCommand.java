package io.manta.cli.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.cli.Addresses;
import io.manta.core.NodeInfo;
import io.manta.core.Resources;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `manta status`: the nodes of a cluster and their resources.
@Command(name = "status", description = "Show a cluster's nodes and resources.")
final class StatusCommand implements Callable<Integer> {
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final Duration SETTLE_LIMIT = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(20);

  @Option(
      names = "--address",
      paramLabel = "manta://HOST:PORT",
      split = ",",
      description = "A node of the cluster: MANTA_ADDRESS, else a node that you started here.")
  private List<String> addresses = new ArrayList<>();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(
      names = "--join-timeout",
      paramLabel = "TIME",
      description = "How long to try to reach the cluster: 15s.")
  private Optional<String> joinTimeout = Optional.empty();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws JsonProcessingException {
    MantaConfig config = MantaConfig.load().withAddresses(Addresses.of(addresses));
    if (joinTimeout.isPresent()) {
      config = config.withSetting("join-timeout", joinTimeout.get(), "--join-timeout");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (Manta manta = Manta.connect(config)) {
      List<NodeInfo> nodes = settledNodes(manta);
      if (json) {
        out.println(toJson(manta, nodes));
      } else {
        out.println(
            "Cluster at %s: %s; resources in use / all"
                .formatted(manta.address().orElse("this process"), count(nodes.size(), "node")));
        NodeTable.of(nodes).lines().forEach(out::println);
        for (NodeInfo node : nodes) {
          node.shortage().ifPresent(why -> out.println(node.id() + " is short of memory: " + why));
        }
      }
    }
    return 0;
  }

  /// The nodes by address, once no further one has been heard of for a while: a new driver is told
  /// of one node and hears from the others one by one.
  private static List<NodeInfo> settledNodes(Manta manta) {
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

  private static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private static String toJson(Manta manta, List<NodeInfo> known) throws JsonProcessingException {
    var nodes = new ArrayList<Map<String, Object>>();
    Resources total = Resources.NONE;
    Resources available = Resources.NONE;
    for (NodeInfo node : known) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("id", node.id().toString());
      fields.put("address", node.address());
      fields.put("total", node.total().toMap());
      fields.put("available", node.available().toMap());
      node.shortage().ifPresent(why -> fields.put("shortOfMemory", why));
      nodes.add(fields);
      total = total.plus(node.total());
      available = available.plus(node.available());
    }
    var cluster = new LinkedHashMap<String, Object>();
    cluster.put("address", manta.address().orElse(""));
    cluster.put("nodes", nodes);
    cluster.put("total", total.toMap());
    cluster.put("available", available.toMap());
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(cluster);
  }
}
