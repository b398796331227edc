package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.core.NodeInfo;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;

/// What becomes true a while after the work is done.
public final class Eventually {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Duration COLLECTIONS = Duration.ofSeconds(30);

  /// What is to become true.
  @FunctionalInterface
  public interface Condition {
    boolean holds() throws Exception;
  }

  private Eventually() {}

  /// No resource of the cluster is taken. Waits for at most 20 s.
  public static void allFree(Manta manta) {
    isTrue(
        "all resources are free",
        LIMIT,
        manta,
        () -> manta.availableResources().equals(manta.clusterResources()));
  }

  /// Waits until a condition holds.
  ///
  /// @param phase what is waited for, in words
  /// @throws AssertionError when it does not within the limit; names the phase, the limit and what
  ///   the runtime sees of its cluster
  public static void isTrue(String phase, Duration limit, Manta manta, Condition condition) {
    isTrue(phase, limit, () -> describe(manta), condition);
  }

  static void isTrue(String phase, Duration limit, Supplier<String> state, Condition condition) {
    if (!becomesTrue(phase, limit, condition)) {
      throw new AssertionError(
          "not within %d ms: %s; %s".formatted(limit.toMillis(), phase, state.get()));
    }
  }

  static boolean becomesTrue(String phase, Duration limit, Condition condition) {
    try {
      Awaitility.await(phase).pollInterval(poll(limit)).atMost(limit).until(condition::holds);
      return true;
    } catch (ConditionTimeoutException e) {
      return false;
    }
  }

  private static Duration poll(Duration limit) {
    return limit.compareTo(Duration.ofSeconds(1)) < 0
        ? Duration.ofMillis(5)
        : Duration.ofMillis(50);
  }

  /// What a runtime sees of its cluster.
  static String describe(Manta manta) {
    if (manta.whenClosed().toCompletableFuture().isDone()) {
      return manta + " was closed";
    }
    return manta.nodes().stream()
        .map(Eventually::describe)
        .collect(Collectors.joining(", ", manta + " sees ", ""));
  }

  private static String describe(NodeInfo node) {
    return "%s at %s with %s of %s free%s"
        .formatted(
            node.id(),
            node.address(),
            node.available(),
            node.total(),
            node.shortage().map(why -> ", " + why).orElse(""));
  }

  /// What is true once garbage was collected in this process, perhaps several times.
  static void afterCollections(ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(COLLECTIONS)
        .untilAsserted(
            () -> {
              System.gc();
              assertion.run();
            });
  }
}
