package io.manta.benchmarks;

import io.manta.benchmarks.BenchCase.Raw;
import io.manta.benchmarks.BenchCase.Warm;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The process that runs the cases of one mode on one runtime.
final class ModeProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ModeProcess.class);

  private ModeProcess() {}

  /// @param arguments a [Plan] as JSON, and the number of nodes
  public static void main(String[] arguments) {
    PrintStream answers = Child.answers();
    Plan plan = Json.read(arguments[0], Plan.class);
    Consumer<Event> events =
        event -> {
          answers.println(Json.line(event));
          answers.flush();
        };
    try {
      if (plan.mode().isPekko()) {
        measurePekko(plan, events);
      } else {
        measure(plan, Integer.parseInt(arguments[1]), events);
      }
    } catch (Exception e) {
      LOG.error("the runtime {} failed", plan.mode().word(), e);
      events.accept(new Event.Failed(plan.mode().word() + " runtime", e.toString()));
    }
    events.accept(new Event.Finished());
    System.exit(0);
  }

  private static void measure(Plan plan, int nodes, Consumer<Event> events) throws Exception {
    List<Warm> cases = Cases.wanted(plan).getOrDefault(nodes, List.of());
    try (TestBed bed = TestBed.open(plan.mode(), plan.launcher(), nodes)) {
      for (Warm bench : cases) {
        Runner.run(
            bench, () -> bench.body().run(bed, new Reporter(plan, bench.suite(), events)), events);
      }
    }
  }

  private static void measurePekko(Plan plan, Consumer<Event> events) throws Exception {
    for (Raw bench : Cases.wanted(plan, Raw.class)) {
      try (PekkoNode node = PekkoNode.open(plan.mode(), plan.launcher())) {
        Runner.run(
            bench,
            () -> bench.body().run(node.peer(), new Reporter(plan, bench.suite(), events)),
            events);
      }
    }
  }
}
