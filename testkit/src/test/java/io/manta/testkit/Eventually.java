package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import java.time.Duration;
import org.awaitility.core.ThrowingRunnable;

/// What becomes true a while after the work is done.
final class Eventually {
  private Eventually() {}

  /// No resource of the cluster is taken.
  static void allFree(Manta manta) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> assertThat(manta.availableResources()).isEqualTo(manta.clusterResources()));
  }

  /// What is true once garbage was collected in this process, perhaps several times.
  static void afterCollections(ThrowingRunnable assertion) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              System.gc();
              assertion.run();
            });
  }
}
