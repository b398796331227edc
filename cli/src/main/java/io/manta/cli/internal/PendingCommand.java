package io.manta.cli.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.Manta;
import io.manta.core.PendingWork;
import java.io.PrintWriter;
import java.time.Duration;
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

/// `manta pending`: what waits for resources, and why.
@Command(
    name = "pending",
    description = "Show what waits for resources, which node is closest, and what it lacks.")
final class PendingCommand implements Callable<Integer> {
  @Mixin private ClusterOptions cluster = new ClusterOptions();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws JsonProcessingException {
    PrintWriter out = spec.commandLine().getOut();
    try (Manta manta = cluster.connect(spec.commandLine().getErr())) {
      ClusterOptions.settledNodes(manta);
      List<PendingWork> pending = manta.pending();
      if (json) {
        out.println(toJson(pending));
      } else if (pending.isEmpty()) {
        out.println("nothing waits");
      } else {
        TextTable.lines(rows(pending)).forEach(out::println);
      }
    }
    return 0;
  }

  private static List<List<String>> rows(List<PendingWork> pending) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("WAITS", "COUNT", "FOR", "OF", "WHY"));
    for (PendingWork work : pending) {
      rows.add(
          List.of(
              work.what(),
              Integer.toString(work.count()),
              seconds(work.waited()),
              work.process().toString(),
              work.why()));
    }
    return rows;
  }

  private static String seconds(Duration waited) {
    return waited.toSeconds() + " s";
  }

  private static String toJson(List<PendingWork> pending) throws JsonProcessingException {
    var all = new ArrayList<Map<String, Object>>();
    for (PendingWork work : pending) {
      var fields = new LinkedHashMap<String, Object>();
      fields.put("what", work.what());
      fields.put("count", work.count());
      fields.put("waitedSeconds", work.waited().toMillis() / 1e3);
      fields.put("why", work.why());
      fields.put("process", work.process().toString());
      all.add(fields);
    }
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all);
  }
}
