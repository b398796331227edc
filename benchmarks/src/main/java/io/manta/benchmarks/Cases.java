package io.manta.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// All cases, in the order in which they run.
final class Cases {
  private static final List<BenchCase> ALL =
      Stream.of(
              FreshCases.all(),
              CoreCases.all(),
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
    return ALL.stream().flatMap(bench -> bench.names().stream()).toList();
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
