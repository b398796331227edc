package io.manta.benchmarks;

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

  /// @param arguments a [Plan] as JSON
  public static void main(String[] arguments) {
    PrintStream answers = Child.answers();
    Plan plan = Json.read(arguments[0], Plan.class);
    Consumer<Event> events =
        event -> {
          answers.println(Json.line(event));
          answers.flush();
        };
    List<Warm> cases = Cases.wanted(plan, Warm.class);
    try (TestBed bed = TestBed.open(plan.mode(), plan.launcher())) {
      for (Warm bench : cases) {
        Runner.run(
            bench, () -> bench.body().run(bed, new Reporter(plan, bench.suite(), events)), events);
      }
    } catch (Exception e) {
      LOG.error("the runtime {} failed", plan.mode().word(), e);
      events.accept(new Event.Failed(plan.mode().word() + " runtime", e.toString()));
    }
    events.accept(new Event.Finished());
    System.exit(0);
  }
}
