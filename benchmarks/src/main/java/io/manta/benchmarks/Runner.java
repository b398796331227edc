package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.Cold;
import io.manta.benchmarks.BenchCase.Raw;
import io.manta.benchmarks.BenchCase.SkippedException;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the cases of a plan: those that start processes of their own from here, one after another,
/// then all others on one runtime in a process of its own, or on one for each number of nodes.
final class Runner {
  private static final Logger LOG = LoggerFactory.getLogger(Runner.class);

  private final Plan plan;
  private final Consumer<Event> events;
  private String running = "";

  private Runner(Plan plan, Consumer<Event> events) {
    this.plan = plan;
    this.events = events;
  }

  /// Blocks until all have run.
  static void runAll(Plan plan, Consumer<Event> events) throws IOException {
    Launcher launcher = plan.launcher();
    if (plan.mode().isPekko()) {
      if (!Cases.wanted(plan, Raw.class).isEmpty()) {
        new Runner(plan, events).runIn(launcher, 1);
      }
      return;
    }
    for (Cold bench : Cases.wanted(plan, Cold.class)) {
      run(
          bench,
          () -> bench.body().run(launcher, new Reporter(plan, bench.suite(), events)),
          events);
    }
    for (int nodes : Cases.wanted(plan).keySet()) {
      new Runner(plan, events).runIn(launcher, nodes);
    }
  }

  /// In a process of the mode.
  private void runIn(Launcher launcher, int nodes) throws IOException {
    Plan warm = plan.warmingUp(nodes);
    Duration limit = Duration.ofSeconds(warm.settings().limitSeconds());
    String name = plan.mode().word() + " bench";
    try (Child process =
        launcher.start(name, Launcher.WARM, ModeProcess.class, Json.line(warm), "" + nodes)) {
      running = "the start of the " + plan.mode().word() + " runtime";
      boolean finished = false;
      while (!finished) {
        Event event = process.answer(Event.class, limit);
        switch (event) {
          case Event.Started started -> running = started.name();
          case Event.Finished _ -> finished = true;
          case Event.Measured _, Event.Skipped _, Event.Failed _ -> {}
        }
        events.accept(event);
      }
    } catch (IllegalStateException e) {
      events.accept(new Event.Failed(running, e.getMessage() + "; later cases did not run"));
    }
  }

  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }

  /// Runs one case; what it throws fails this case only.
  static void run(BenchCase bench, Body body, Consumer<Event> events) {
    String name = bench.names().getFirst();
    events.accept(new Event.Started(name));
    try {
      body.run();
    } catch (SkippedException e) {
      events.accept(new Event.Skipped(bench.names(), e.reason()));
    } catch (Exception e) {
      LOG.error("case {} failed", name, e);
      events.accept(new Event.Failed(name, e.toString()));
    }
  }
}
