package io.manta.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is promised is kept while faults befall a cluster, and the checker notices when it is not.
/// `-Dmanta.seed=17` runs one seed only; `-Plong` takes 20 of them, of two minutes each.
@Timeout(value = 90, unit = TimeUnit.MINUTES)
class ChaosTest {
  private static final boolean LONG = Boolean.getBoolean("manta.long");

  private static final Duration LENGTH = LONG ? Duration.ofMinutes(2) : Duration.ZERO;

  /// Within as many a safeguard that is off has to be noticed.
  private static final int SEEDS_TO_NOTICE = 5;

  /// Those of a short run have a node killed, with its folder and without.
  private static LongStream seeds() {
    Long only = Long.getLong("manta.seed");
    if (only != null) {
      return LongStream.of(only);
    }
    return LONG ? LongStream.rangeClosed(1, 20) : LongStream.of(2, 4);
  }

  @Test
  void shouldKeepWhatIsPromisedWhateverBefallsTheCluster() throws InterruptedException {
    for (long seed : seeds().toArray()) {
      System.out.println("seed " + seed);
      Chaos.run(Chaos.Plan.of(seed, LENGTH), System.out::println);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"retries", "deduplication", "fencing"})
  void shouldNoticeThatASafeguardIsOff(String safeguard) throws InterruptedException {
    assumeTrue(LONG, "takes minutes; run it by -Plong");
    for (long seed = 1; seed <= SEEDS_TO_NOTICE; seed++) {
      try {
        var plan = Chaos.Plan.of(seed, Duration.ofSeconds(60)).without(safeguard);
        Chaos.run(plan, System.out::println);
      } catch (AssertionError violation) {
        System.out.println("without " + safeguard + ": " + violation.getMessage());
        assertThat(violation).hasMessageContaining("seed " + seed);
        return;
      }
    }
    throw new AssertionError(
        "nothing was noticed without %s with %d seeds".formatted(safeguard, SEEDS_TO_NOTICE));
  }
}
