package io.manta.testkit;

import io.manta.actors.Manta;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;

/// What was started for a class of tests.
///
/// @param owner the id of the class in JUnit
record TestRun(
    String owner,
    TestPlan plan,
    Manta runtime,
    Optional<LocalCluster> cluster,
    Optional<TestClock> clock) {
  private static final Duration LEAK_LIMIT = Duration.ofSeconds(5);

  /// Closes everything, whatever fails.
  ///
  /// @param tests whose it is, for the error
  /// @throws AssertionError when work was left behind, or something did not close
  void close(String tests) {
    var failures = new ArrayList<Throwable>();
    if (!plan.leaksAllowed()) {
      try {
        requireFree(tests);
      } catch (AssertionError | RuntimeException e) {
        failures.add(e);
      }
    }
    if (cluster.isPresent()) {
      try {
        cluster.get().close();
      } catch (AssertionError e) {
        failures.add(e);
      }
    } else {
      LocalCluster.close(runtime, plan.limit(), failures);
    }
    LocalCluster.throwAll(failures);
  }

  private void requireFree(String tests) {
    if (runtime.whenClosed().toCompletableFuture().isDone()) {
      return;
    }
    if (!Eventually.becomesTrue(
        "all resources are free",
        LEAK_LIMIT,
        () -> runtime.availableResources().equals(runtime.clusterResources()))) {
      throw new AssertionError(
          "the tests of %s left work that holds resources %d s later (wait for what they submit, cancel it, end actors that hold some, or allow leaks): %s"
              .formatted(tests, LEAK_LIMIT.toSeconds(), Eventually.describe(runtime)));
    }
  }
}
