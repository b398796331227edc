package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.MemoryLimits;
import io.manta.core.GetTimeoutException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.OutOfMemoryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Nodes with small heaps that tasks fill.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MemoryPressureTest {
  private static final String HEAP = "-Xmx192m";
  private static final String CONCURRENT =
      "-XX:+ExplicitGCInvokesConcurrent"; // as bin/manta sets it
  private static final int CHUNK =
      200_000; // not so large that a collector treats it in its own way

  private static final MantaConfig CONFIG =
      MantaConfig.defaults()
          .withCpus(4)
          .withMemoryLimits(MemoryLimits.defaults().withAdmission(0.6).withThreshold(0.75));

  // In a node.
  private static final CountDownLatch STARTED = new CountDownLatch(1);
  private static final CountDownLatch GO_ON = new CountDownLatch(1);

  /// The limits are low, and count for the host too.
  @BeforeAll
  static void requireAHostWithMemory() throws IOException {
    Path file = Path.of("/proc/meminfo");
    if (Files.exists(file)) {
      List<String> lines = Files.readAllLines(file);
      assumeThat(kibibytes(lines, "MemAvailable:"))
          .isGreaterThan(kibibytes(lines, "MemTotal:") / 2);
    }
  }

  private static long kibibytes(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  /// Keeps so much of the heap in use until it is interrupted.
  private static int fill(double part) throws InterruptedException {
    var kept = new ArrayList<byte[]>();
    while ((double) kept.size() * CHUNK < part * Runtime.getRuntime().maxMemory()) {
      kept.add(new byte[CHUNK]);
    }
    new CountDownLatch(1).await();
    return kept.size();
  }

  private static int waits() throws InterruptedException {
    STARTED.countDown();
    GO_ON.await();
    return Manta.context().attempt();
  }

  private static boolean hasStarted() throws InterruptedException {
    STARTED.await();
    return true;
  }

  private static boolean goOn() {
    GO_ON.countDown();
    return true;
  }

  private static long makeGarbage(long bytes) {
    var few = new ArrayDeque<byte[]>();
    long made = 0;
    for (; made < bytes; made += CHUNK) {
      few.add(new byte[CHUNK]);
      if (few.size() > 20) {
        few.remove();
      }
    }
    return made;
  }

  private static Optional<String> shortage(Manta manta, NodeId node) {
    return manta.nodes().stream()
        .filter(info -> info.id().equals(node))
        .findFirst()
        .orElseThrow()
        .shortage();
  }

  @Test
  void shouldFailAHungryTaskByNameWhileItsNodeAndOtherTasksGoOn() throws IOException {
    try (var cluster = ProcessCluster.start(1, CONFIG, HEAP, CONCURRENT);
        var driver = cluster.connect()) {
      NodeId node = cluster.node(0).id();
      ObjectRef<Integer> steady = driver.submit(MemoryPressureTest::waits);
      driver.submit(MemoryPressureTest::hasStarted).get(Duration.ofSeconds(30));
      ObjectRef<Integer> hungry = driver.task(() -> fill(0.7)).named("hungry").retries(1).submit();
      List<ObjectRef<Integer>> others =
          IntStream.range(0, 100).mapToObj(i -> driver.submit(() -> i)).toList();

      assertThatThrownBy(() -> hungry.get(Duration.ofSeconds(60)))
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining("task 'hungry' (")
          .hasMessageContaining(node + ", is low on memory: its heap holds")
          .hasMessageContaining("after 2 attempt(s); 1 retries are allowed");

      assertThat(driver.get(others, Duration.ofSeconds(30)))
          .isEqualTo(IntStream.range(0, 100).boxed().toList());
      await().atMost(Duration.ofSeconds(30)).until(() -> shortage(driver, node).isEmpty());
      driver.submit(MemoryPressureTest::goOn).get(Duration.ofSeconds(30));
      assertThat(steady.get(Duration.ofSeconds(30))).as("attempts").isEqualTo(1);
      assertThat(Files.readString(cluster.node(0).log()))
          .contains(node + " starts one task at a time, since it is short of memory")
          .contains(node + " has enough memory again")
          .doesNotContain("OutOfMemoryError");
    }
  }

  @Test
  void shouldHaveOthersRunWhatANodeThatIsShortWouldHaveRun() {
    var failsNothing = CONFIG.withMemoryLimits(CONFIG.memoryLimits().withThreshold(1));
    try (var cluster = ProcessCluster.start(2, failsNothing, HEAP);
        var driver = cluster.connect()) {
      NodeId full = cluster.node(0).id();
      NodeId other = cluster.node(1).id();
      ObjectRef<Integer> hungry = driver.task(() -> fill(0.7)).onNode(full).submit();
      await().atMost(Duration.ofSeconds(30)).until(() -> shortage(driver, full).isPresent());

      var ranOn =
          driver.get(
              IntStream.range(0, 50)
                  .mapToObj(i -> driver.submit(() -> Manta.context().node()))
                  .toList());
      assertThat(ranOn).containsOnly(other);
      ObjectRef<NodeId> pinned = driver.task(() -> Manta.context().node()).onNode(full).submit();
      assertThat(driver.explain(pinned).orElseThrow())
          .contains(full + " starts at most one task at a time, since its heap holds");

      hungry.cancel();

      try {
        assertThat(pinned.get(Duration.ofSeconds(30))).isEqualTo(full);
      } catch (GetTimeoutException e) {
        throw new AssertionError(cluster.node(0).tail(), e);
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> shortage(driver, full).isEmpty());
    }
  }

  @Test
  @EnabledIfSystemProperty(
      named = "manta.long",
      matches = "true",
      disabledReason = "takes half a minute; run it by -Plong")
  void shouldNotTakeGarbageForWhatIsInUse() throws IOException {
    assertThat(logWhileGarbageIsMade(CONFIG, "-XX:+UseSerialGC"))
        .doesNotContain("short of memory", "low on memory");
    // What dies while a concurrent collection runs is seen by the next: that long, one that gets
    // too
    // little of the processor has tasks wait, but none fails.
    var defaults = CONFIG.withMemoryLimits(MemoryLimits.defaults());
    assertThat(logWhileGarbageIsMade(defaults, "-XX:+UseG1GC", CONCURRENT))
        .doesNotContain("low on memory");
  }

  private static String logWhileGarbageIsMade(MantaConfig config, String... collector)
      throws IOException {
    var options = Stream.concat(Stream.of(HEAP), Stream.of(collector)).toArray(String[]::new);
    try (var cluster = ProcessCluster.start(1, config, options);
        var driver = cluster.connect()) {
      List<ObjectRef<Long>> refs =
          IntStream.range(0, 8).mapToObj(i -> driver.submit(() -> makeGarbage(1L << 30))).toList();

      assertThat(driver.get(refs, Duration.ofSeconds(60))).allMatch(made -> made >= 1L << 30);
      return Files.readString(cluster.node(0).log());
    }
  }
}
