package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.Cold;
import io.manta.benchmarks.BenchCase.SkippedException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/// How long it takes until what was on a node that died goes on elsewhere, in fresh processes.
final class FailoverCases {
  private static final String SUITE = "core";
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private FailoverCases() {}

  static List<BenchCase> all() {
    return List.of(
        new Cold(
            SUITE,
            List.of("actor_failover_s"),
            (launcher, reporter) ->
                failover("actor_failover_s", ActorFailover.class, "kill", launcher, reporter)),
        new Cold(
            SUITE,
            List.of("task_failover_s"),
            (launcher, reporter) ->
                failover("task_failover_s", TaskFailover.class, "kill", launcher, reporter)),
        new Cold(
            SUITE,
            List.of("task_failover_paused_s"),
            (launcher, reporter) ->
                failover(
                    "task_failover_paused_s", TaskFailover.class, "stop", launcher, reporter)));
  }

  private static void failover(
      String name, Class<?> program, String way, Launcher launcher, Reporter reporter)
      throws IOException, SkippedException {
    if (reporter.plan().mode() != Mode.PROCESSES) {
      throw new SkippedException("an embedded node ends with its program");
    }
    String plan = Json.line(reporter.plan());
    double[] seconds = new double[reporter.settings().coldRuns()];
    for (int i = 0; i < seconds.length; i++) {
      try (Child process = launcher.start("failover", program, plan, "" + i % 2, way)) {
        seconds[i] = process.answer(Death.Survived.class, LIMIT).seconds();
      }
    }
    reporter.lower(name, seconds, "s", "the first node and the second by turns");
  }
}
