package io.manta.cli.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.Manta;
import io.manta.core.ActorInfo;
import io.manta.core.NodeId;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `manta actors`: the actors of a cluster, and moving them.
@Command(name = "actors", description = "Show a cluster's actors, or move them to even them out.")
final class ActorsCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(
      names = "--state",
      paramLabel = "STATE",
      description = "Only those that are ${COMPLETION-CANDIDATES}.")
  private Optional<ActorInfo.State> state = Optional.empty();

  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      description = "At most so many, of each process too: ${DEFAULT-VALUE}.",
      defaultValue = "1000")
  private int limit;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Option(
      names = "--rebalance",
      description = "Move actors from nodes with many to nodes with few, and show them then.")
  private boolean rebalance;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    if (limit < 1) {
      throw new ParameterException(
          spec.commandLine(), "--limit of " + limit + " must be 1 or more");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (Manta manta = cluster.connect(spec.commandLine().getErr())) {
      ClusterOptions.settledNodes(manta);
      if (rebalance) {
        int moved = manta.rebalance().toCompletableFuture().get(10, TimeUnit.MINUTES);
        if (!json) {
          out.println(moved == 1 ? "1 actor moved" : moved + " actors moved");
        }
      }
      List<ActorInfo> actors =
          manta.actors(limit).stream()
              .filter(actor -> state.map(actor.state()::equals).orElse(true))
              .toList();
      if (json) {
        out.println(toJson(actors));
      } else if (actors.isEmpty()) {
        out.println("no actors");
      } else {
        TextTable.lines(rows(actors)).forEach(out::println);
      }
    }
    return 0;
  }

  private static List<List<String>> rows(List<ActorInfo> actors) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("ACTOR", "NAME", "CLASS", "STATE", "NODE", "RESTARTS", "PENDING", "DEATH"));
    for (ActorInfo actor : actors) {
      rows.add(
          List.of(
              actor.id().toString(),
              actor.name().map(name -> actor.namespace() + "/" + name).orElse("-"),
              actor.type(),
              actor.state().name(),
              actor.node().map(NodeId::toString).orElse("-"),
              Integer.toString(actor.restarts()),
              Integer.toString(actor.pendingCalls()),
              actor.death().orElse("")));
    }
    return rows;
  }

  private static String toJson(List<ActorInfo> actors) throws JsonProcessingException {
    var all = new ArrayList<Map<String, Object>>();
    for (ActorInfo actor : actors) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("id", actor.id().toString());
      actor.name().ifPresent(name -> fields.put("name", name));
      fields.put("namespace", actor.namespace());
      fields.put("class", actor.type());
      fields.put("state", actor.state());
      fields.put("owner", actor.owner().toString());
      actor.node().ifPresent(node -> fields.put("node", node.toString()));
      fields.put("restarts", actor.restarts());
      fields.put("pendingCalls", actor.pendingCalls());
      actor.death().ifPresent(death -> fields.put("death", death));
      all.add(fields);
    }
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all);
  }
}
