package io.manta.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.manta.testkit.chaos.Violation.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is promised is kept while faults befall a cluster, and the checker notices when it is not.
/// `-Dmanta.seed=17` runs one seed only; `-Plong` takes 20 of them, of two minutes each.
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ChaosTest {
  private static final boolean LONG = Boolean.getBoolean("manta.long");

  private static final Duration LENGTH = LONG ? Duration.ofMinutes(2) : Duration.ZERO;

  /// Of a short run, with the least faults each.
  private static final List<Long> SHORT = List.of(19L, 16L);

  /// Within as many a safeguard that is off has to be noticed.
  private static final int SEEDS_TO_NOTICE = 5;

  private static LongStream seeds() {
    Long only = Long.getLong("manta.seed");
    if (only != null) {
      return LongStream.of(only);
    }
    return LONG ? LongStream.rangeClosed(1, 20) : SHORT.stream().mapToLong(seed -> seed);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void shouldKeepWhatIsPromisedWhateverBefallsTheCluster(long seed) throws InterruptedException {
    System.out.println("seed " + seed);
    Chaos.run(Chaos.Plan.of(seed, LENGTH), System.out::println);
  }

  @Test
  void shouldKillAndCutOffNodesInAShortRunToo() {
    var faults = new ArrayList<Fault>();
    for (long seed : SHORT) {
      Iterator<Fault> order = Faults.order(seed);
      for (int i = 0; i < Story.LEAST_FAULTS; i++) {
        faults.add(order.next());
      }
    }
    assertThat(faults).contains(Fault.KILL, Fault.CUT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"retries", "deduplication", "fencing"})
  void shouldNoticeThatASafeguardIsOff(String safeguard) throws InterruptedException {
    assumeTrue(LONG, "takes minutes; run it by -Plong");
    for (long seed = 1; seed <= SEEDS_TO_NOTICE; seed++) {
      try {
        var plan = Chaos.Plan.of(seed, Duration.ofSeconds(60));
        Chaos.run(plan.without(safeguard), System.out::println);
      } catch (Violation violation) {
        System.out.println("without " + safeguard + ": " + violation.getMessage());
        assertThat(violation.kind()).isIn(noticedAs(safeguard));
        return;
      }
    }
    throw new AssertionError(
        "nothing was noticed without %s with %d seeds".formatted(safeguard, SEEDS_TO_NOTICE));
  }

  private static Set<Kind> noticedAs(String safeguard) {
    return switch (safeguard) {
      case "retries" -> Set.of(Kind.FAILURE, Kind.HANG);
      case "deduplication" -> Set.of(Kind.COUNTERS, Kind.TASKS);
      case "fencing" -> Set.of(Kind.ACCOUNTS);
      default -> throw new IllegalArgumentException(safeguard);
    };
  }
}
