package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.Cold;
import io.manta.benchmarks.BenchCase.SkippedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// Actors in fresh processes: as many as a small heap holds, and those that outlive their node.
final class FreshActorCases {
  private static final String SUITE = "core";
  private static final String HEAP = "-Xmx4g";
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private FreshActorCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Cold(SUITE, List.of("actor_idle_1m_bytes"), FreshActorCases::million),
        new Cold(SUITE, List.of("actor_failover_s"), FreshActorCases::failover));
  }

  /// Once: it says at the same time that a heap of 4 GiB holds them.
  private static void million(Launcher launcher, Reporter reporter)
      throws IOException, SkippedException {
    if (reporter.plan().mode() != Mode.EMBEDDED) {
      throw new SkippedException("what an actor weighs is measured where it is all in one process");
    }
    String plan = Json.line(reporter.plan());
    try (Child process = launcher.start("many actors", List.of(HEAP), ManyActors.class, plan)) {
      double bytes = process.answer(ManyActors.Done.class, LIMIT).bytesEach();
      reporter.lower("actor_idle_1m_bytes", new double[] {bytes}, "B", HEAP + "; all answered");
    }
  }

  private static void failover(Launcher launcher, Reporter reporter)
      throws IOException, SkippedException {
    if (reporter.plan().mode() != Mode.PROCESSES) {
      throw new SkippedException("an embedded node ends with its program");
    }
    String plan = Json.line(reporter.plan());
    double[] seconds = new double[reporter.settings().coldRuns()];
    for (int i = 0; i < seconds.length; i++) {
      try (Child process = launcher.start("failover", Failover.class, plan, "" + i % 2)) {
        seconds[i] = process.answer(Failover.Done.class, LIMIT).seconds();
      }
    }
    reporter.lower("actor_failover_s", seconds, "s", "the first node dies and the second by turns");
  }
}
