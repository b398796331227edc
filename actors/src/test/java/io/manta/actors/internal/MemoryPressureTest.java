package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.MemoryLimits;
import io.manta.core.MantaException;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.OutOfMemoryException;
import io.manta.core.RemoteCallable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// On nodes that think they are short of memory, since their limits are below what any JVM uses.
@Timeout(60)
class MemoryPressureTest {
  private static final double NOTHING = 0.000_1;

  /// Looks often, and is always short, but fails nothing.
  private static final MantaConfig SHORT =
      MantaConfig.defaults()
          .withCpus(4)
          .withMemoryLimits(new MemoryLimits(Duration.ofMillis(20), NOTHING, 1));

  private static final MantaConfig FAILING =
      SHORT.withMemoryLimits(SHORT.memoryLimits().withThreshold(NOTHING));

  private static final AtomicInteger RUNNING = new AtomicInteger();
  private static final AtomicInteger MOST_RUNNING = new AtomicInteger();
  private static final AtomicInteger ATTEMPTS = new AtomicInteger();
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch goOn = new CountDownLatch(1);

  private static Manta start(MantaConfig config) {
    Manta manta = Manta.start(config);
    await().until(() -> manta.nodes().getFirst().shortage().isPresent());
    return manta;
  }

  private static int counted() {
    MOST_RUNNING.accumulateAndGet(RUNNING.incrementAndGet(), Math::max);
    Thread.yield();
    RUNNING.decrementAndGet();
    return 1;
  }

  private static String waits() throws InterruptedException {
    started.countDown();
    goOn.await();
    return "done";
  }

  private static String waitsForEver() throws InterruptedException {
    ATTEMPTS.incrementAndGet();
    new CountDownLatch(1).await();
    return "never";
  }

  private static long fibonacci(int n) {
    if (n < 2) {
      return n;
    }
    Manta here = Manta.current();
    ObjectRef<Long> first = here.submit(() -> fibonacci(n - 1));
    ObjectRef<Long> second = here.submit(() -> fibonacci(n - 2));
    return first.get() + second.get();
  }

  @Test
  void shouldRunOneTaskAtATimeWhileItIsShort() {
    MOST_RUNNING.set(0);
    try (Manta manta = start(SHORT)) {
      List<ObjectRef<Integer>> refs =
          IntStream.range(0, 500).mapToObj(i -> manta.submit(MemoryPressureTest::counted)).toList();

      assertThat(manta.get(refs)).hasSize(500);
    }
    // Whoever submits, whoever ends and the watch may find it idle at once.
    assertThat(MOST_RUNNING.get()).isBetween(1, 3);
  }

  @Test
  void shouldRunWhatItsTasksWaitForWhileItIsShort() {
    try (Manta manta = start(SHORT)) {
      assertThat(manta.submit(() -> fibonacci(10)).get()).isEqualTo(55);
    }
  }

  @Test
  void shouldExplainWhyATaskWaitsWhileItIsShort() throws InterruptedException {
    started = new CountDownLatch(1);
    goOn = new CountDownLatch(1);
    try (Manta manta = start(SHORT)) {
      ObjectRef<String> first = manta.submit(MemoryPressureTest::waits);
      started.await();
      ObjectRef<String> second = manta.submit(MemoryPressureTest::waits);

      assertThat(manta.explain(second).orElseThrow())
          .contains("starts at most one task at a time, since")
          .contains("%)");

      goOn.countDown();
      assertThat(first.get() + second.get()).isEqualTo("donedone");
    }
  }

  @Test
  void shouldNotLookAtTheMemoryWhenTheWatchIsOff() {
    var off = FAILING.withSetting("memory-check", "0", "a test");
    try (Manta manta = Manta.start(off)) {
      assertThat(manta.submit(() -> fibonacci(5)).get()).isEqualTo(5);
      assertThat(manta.nodes()).extracting(NodeInfo::shortage).containsExactly(Optional.empty());
    }
  }

  @Test
  void shouldFailATaskByNameWhenMemoryRunsOut() {
    try (Manta manta = start(FAILING)) {
      ObjectRef<String> hungry =
          manta.task(MemoryPressureTest::waitsForEver).named("hungry").retries(0).submit();

      assertThatThrownBy(hungry::get)
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining("task 'hungry' (")
          .hasMessageContaining(manta.id() + ", is low on memory")
          .hasMessageContaining("memory-threshold is " + NOTHING)
          .hasMessageContaining("after 1 attempt(s); 0 retries are allowed")
          .isInstanceOfSatisfying(
              OutOfMemoryException.class,
              e -> {
                assertThat(e.code()).isEqualTo("OUT_OF_MEMORY");
                assertThat(e.category()).isEqualTo(MantaException.Category.RETRY_LATER);
              });
    }
  }

  @Test
  void shouldRunATaskAgainThatWasFailed() {
    ATTEMPTS.set(0);
    try (Manta manta = start(FAILING)) {
      ObjectRef<String> hungry = manta.task(MemoryPressureTest::waitsForEver).retries(1).submit();

      assertThatThrownBy(hungry::get)
          .isInstanceOf(OutOfMemoryException.class)
          .hasMessageContaining("after 2 attempt(s)");
    }
    assertThat(ATTEMPTS).hasValue(2);
  }

  @Test
  void shouldEndTheProcessOfATaskThatIsFailed(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("pid");
    String name = file.toString();
    RemoteCallable<Long> once =
        () -> {
          long pid = ProcessHandle.current().pid();
          if (Manta.context().attempt() == 1) {
            Files.writeString(Path.of(name), Long.toString(pid));
            while (true) {
              Thread.onSpinWait(); // deaf to its interrupt
            }
          }
          return pid;
        };
    try (var runtime = (MantaRuntime) Manta.start(MantaConfig.defaults().withCpus(1))) {
      ObjectRef<Long> isolated = runtime.task(once).isolated().submit();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> Files.exists(file) && !Files.readString(file).isEmpty());
      long first = Long.parseLong(Files.readString(file));
      Execution running = runtime.tasks().running().underWay().getFirst();
      assertThat(running.isolated()).isTrue();
      assertThat(running.retriable()).isTrue();

      running.fail(new OutOfMemoryException("as if there were none left"));

      assertThat(isolated.get()).isNotEqualTo(first);
      assertThat(ProcessHandle.of(first)).isEmpty();
    }
  }
}
