package io.manta.benchmarks;

import io.manta.actors.Manta;
import java.util.concurrent.CountDownLatch;

/// A process that does one thing with a runtime of its own, the first thing it does.
final class FreshProcess {
  private FreshProcess() {}

  /// What to do once the runtime is up.
  enum Work {
    /// Run one task.
    ONE_TASK,
    /// Nothing.
    NOTHING
  }

  /// The answer: how long it took from before the start of the runtime.
  record Done(double milliseconds) {}

  /// @param arguments [Work] and the [Plan] as JSON
  public static void main(String[] arguments) throws Exception {
    var answers = Child.answers();
    Plan plan = Json.read(arguments[1], Plan.class);
    long before = System.nanoTime();
    TestBed bed = TestBed.open(plan.mode(), plan.launcher(), 1);
    switch (Work.valueOf(arguments[0])) {
      case ONE_TASK -> {
        Manta manta = bed.manta();
        BenchCase.check(manta.submit(() -> 7).get() == 7, "the first task answers 7");
      }
      case NOTHING -> {}
    }
    answers.println(Json.line(new Done((System.nanoTime() - before) / 1e6)));
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(bed::close));
    new CountDownLatch(1).await();
  }
}
