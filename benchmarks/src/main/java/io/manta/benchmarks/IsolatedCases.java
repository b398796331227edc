package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;

import io.manta.actors.Manta;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.Isolation;
import java.util.List;

/// Tasks in processes of their own.
final class IsolatedCases {
  private static final String SUITE = "core";
  private static final double NANOS_PER_MILLI = 1e6;

  private IsolatedCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Warm(SUITE, List.of("isolated_start_ms"), IsolatedCases::start),
        new Warm(SUITE, List.of("isolated_sync_p50_us"), IsolatedCases::reuse));
  }

  /// Other options than those before, so that no process there can be used.
  private static void start(TestBed bed, Reporter reporter) {
    int runs = reporter.settings().coldRuns();
    double[] millis = new double[runs];
    for (int i = runs > 1 ? -1 : 0; i < runs; i++) {
      long start = System.nanoTime();
      run(bed.manta(), Isolation.defaults().withVariable("RUN", "" + i));
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / NANOS_PER_MILLI;
      }
    }
    reporter.lower("isolated_start_ms", millis, "ms", "a JVM for each");
  }

  private static int run(Manta manta, Isolation isolation) {
    int answer = manta.task(() -> CoreCases.ANSWER).isolated(isolation).submit().get();
    check(answer == CoreCases.ANSWER, "the task's answer");
    return 1;
  }

  private static void reuse(TestBed bed, Reporter reporter) throws Exception {
    Measure.Round one = () -> run(bed.manta(), Isolation.defaults());
    reporter.lower(
        "isolated_sync_p50_us",
        Reporter.each(
            reporter.measure().latencies(one, one), latencies -> latencies.percentileMicros(50)),
        "us",
        "in a process that is there");
  }
}
