package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.Warm;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// All cases, in the order in which they run.
final class Cases {
  private static final List<BenchCase> ALL =
      Stream.of(
              FreshCases.all(),
              CoreCases.all(),
              SchedulingCases.all(),
              PekkoCases.all(),
              GroupCases.all(),
              ActorCases.all(),
              FreshActorCases.all(),
              FailoverCases.all(),
              ObjectCases.all(),
              BulkCases.all(),
              QueueCases.all(),
              ValueCases.all(),
              IsolatedCases.all(),
              HttpCases.all(),
              StarvationCases.all(),
              TransferCases.all())
          .flatMap(List::stream)
          .toList();

  private Cases() {}

  /// The names of all results.
  static List<String> names() {
    return ALL.stream().flatMap(bench -> bench.names().stream()).distinct().toList();
  }

  /// Those on a runtime that several use of which the plan wants a result, by the number of nodes
  /// that it has. An embedded one has one, whatever a case could use.
  static SortedMap<Integer, List<Warm>> wanted(Plan plan) {
    boolean single = plan.mode() == Mode.EMBEDDED;
    return wanted(plan, Warm.class).stream()
        .collect(
            Collectors.groupingBy(
                bench -> single ? 1 : bench.nodes(), TreeMap::new, Collectors.toList()));
  }

  /// Those cases of a kind of which the plan wants a result.
  static <C extends BenchCase> List<C> wanted(Plan plan, Class<C> kind) {
    var wanted = new ArrayList<C>();
    for (BenchCase bench : ALL) {
      if (kind.isInstance(bench) && bench.names().stream().anyMatch(plan::wants)) {
        wanted.add(kind.cast(bench));
      }
    }
    return wanted;
  }
}
