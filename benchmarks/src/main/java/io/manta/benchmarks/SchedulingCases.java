package io.manta.benchmarks;

import static io.manta.benchmarks.CoreCases.ANSWER;
import static io.manta.benchmarks.CoreCases.IN_FLIGHT;
import static io.manta.benchmarks.CoreCases.checked;
import static io.manta.benchmarks.CoreCases.submitted;

import io.manta.actors.Manta;
import io.manta.actors.TaskBuilder;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ObjectRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Tasks that ask for different things.
final class SchedulingCases {
  private static final String SUITE = "core";
  private static final String RATE = "tasks_async_mixed";
  private static final String SHARE = "tasks_async_mixed_of_uniform";

  private SchedulingCases() {}

  static List<BenchCase> all() {
    return List.of(new Warm(SUITE, List.of(RATE, SHARE), SchedulingCases::mixed));
  }

  /// In turns with tasks that are all alike, so that what slows the machine down slows both down.
  private static void mixed(TestBed bed, Reporter reporter) throws Exception {
    Manta manta = bed.manta();
    List<double[]> rates =
        reporter
            .measure()
            .ratesInTurns(
                () -> checked(manta.get(submitted(manta, IN_FLIGHT))),
                () -> checked(manta.get(submittedMixed(manta))));
    double[] uniform = rates.getFirst();
    double[] mixed = rates.getLast();
    double[] percent = new double[mixed.length];
    Arrays.setAll(percent, i -> 100 * mixed[i] / uniform[i]);
    reporter.rate(RATE, mixed, "four shapes with two custom resources");
    reporter.higher(SHARE, percent, "%", "of two rounds next to each other");
  }

  private static List<ObjectRef<Integer>> submittedMixed(Manta manta) {
    var refs = new ArrayList<ObjectRef<Integer>>(IN_FLIGHT);
    for (int i = 0; i < IN_FLIGHT; i++) {
      TaskBuilder<ObjectRef<Integer>> task = manta.task(() -> ANSWER);
      refs.add(
          switch (i % 4) {
            case 0 -> task.cpus(1).submit();
            case 1 -> task.cpus(0.5).submit();
            case 2 -> task.cpus(1).resource("blue", 1).submit();
            default -> task.cpus(0.5).resource("green", 0.5).submit();
          });
    }
    return refs;
  }
}
