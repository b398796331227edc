package io.manta.cli.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.Manta;
import io.manta.core.NodeInfo;
import io.manta.core.Resources;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `manta status`: the nodes of a cluster and their resources.
@Command(name = "status", description = "Show a cluster's nodes and resources.")
final class StatusCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (Manta manta = cluster.connect(spec.commandLine().getErr())) {
      List<NodeInfo> nodes = ClusterOptions.settledNodes(manta);
      if (json) {
        out.println(toJson(manta, nodes));
      } else {
        out.println(
            "Cluster at %s: %s; resources in use / all"
                .formatted(manta.address().orElse("this process"), count(nodes.size(), "node")));
        NodeTable.of(nodes).lines().forEach(out::println);
        for (NodeInfo node : nodes) {
          node.shortage().ifPresent(why -> out.println(node.id() + " is short of memory: " + why));
          if (node.cordoned()) {
            out.println(node.id() + " is cordoned: nothing new starts there");
          }
        }
      }
    }
    return 0;
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
      fields.put("labels", node.labels());
      fields.put("cordoned", node.cordoned());
      nodes.add(fields);
      total = total.plus(node.total());
      available = available.plus(node.available());
    }
    var shown = new LinkedHashMap<String, Object>();
    shown.put("address", manta.address().orElse(""));
    shown.put("nodes", nodes);
    shown.put("total", total.toMap());
    shown.put("available", available.toMap());
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(shown);
  }
}
