package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.Cold;
import io.manta.benchmarks.BenchCase.SkippedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// Actors in fresh processes, as many as a small heap holds.
final class FreshActorCases {
  private static final String SUITE = "core";
  private static final int MANY = 100_000;
  private static final int MILLION = 1_000_000;

  /// A collection that is asked for is to find all, at once.
  private static final List<String> OPTIONS = List.of("-Xmx4g", "-XX:-ExplicitGCInvokesConcurrent");

  private static final Duration LIMIT = Duration.ofMinutes(5);

  private FreshActorCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Cold(
            SUITE,
            List.of("actor_idle_bytes"),
            (launcher, reporter) ->
                idle("actor_idle_bytes", MANY, reporter.settings().coldRuns(), launcher, reporter)),
        new Cold(
            SUITE,
            List.of("actor_idle_1m_bytes"),
            (launcher, reporter) -> idle("actor_idle_1m_bytes", MILLION, 1, launcher, reporter)));
  }

  private static void idle(String name, int count, int runs, Launcher launcher, Reporter reporter)
      throws IOException, SkippedException {
    if (reporter.plan().mode() != Mode.EMBEDDED) {
      throw new SkippedException("what an actor weighs is measured where it is all in one process");
    }
    String plan = Json.line(reporter.plan());
    double[] bytes = new double[runs];
    for (int i = 0; i < runs; i++) {
      try (Child process =
          launcher.start("many actors", OPTIONS, ManyActors.class, plan, "" + count)) {
        bytes[i] = process.answer(ManyActors.Done.class, LIMIT).bytesEach();
      }
    }
    reporter.lower(name, bytes, "B", "in a heap of 4 GiB; all answered before and after");
  }
}
