package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.DataSize;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.PendingCallsLimitExceededException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Twice as much work as two nodes can do, for as long as it takes: who submits it is slowed down
/// or refused, and neither heaps nor latencies grow.
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class OverloadTest {
  private static final Duration LASTS = Duration.ofMinutes(10);
  private static final int WINDOWS = 6;

  private static final int CPUS = 2;
  private static final long TASK_MILLIS = 5;
  private static final long CALL_MILLIS = 2;

  /// Of the submitter: some 2,000 tasks, which wait for two to three seconds.
  private static final DataSize PENDING = DataSize.parse("1MiB");

  private static final int PENDING_CALLS = 500;

  /// What code and caches may still grow by.
  private static final long SLACK_BYTES = 24L << 20;

  public static class Worker extends RemoteActor {
    private int done;

    public int work() throws InterruptedException {
      Thread.sleep(CALL_MILLIS);
      return ++done;
    }
  }

  /// What was seen in a part of the time.
  private record Window(Latencies tasks, Latencies calls, List<Long> heaps) {
    static Window begin() {
      return new Window(new Latencies(), new Latencies(), new ArrayList<>());
    }

    @Override
    public String toString() {
      return "tasks %d, p99 %d ms; calls %d, p99 %d ms; heaps %s MiB"
          .formatted(
              tasks.count(),
              tasks.p99Millis(),
              calls.count(),
              calls.p99Millis(),
              heaps.stream().map(bytes -> bytes >> 20).toList());
    }
  }

  private static final class Latencies {
    private final List<Long> nanos = new ArrayList<>();
    private boolean over;
    private int count;
    private long p99Millis;

    synchronized void since(long start) {
      if (!over) {
        nanos.add(System.nanoTime() - start);
      }
    }

    /// Keeps nothing but the figures: what this test keeps is in a heap that it measures.
    synchronized void end() {
      over = true;
      nanos.sort(null);
      count = nanos.size();
      p99Millis = count == 0 ? 0 : nanos.get(count * 99 / 100) / 1_000_000;
      nanos.clear();
    }

    int count() {
      return count;
    }

    long p99Millis() {
      return p99Millis;
    }
  }

  private final AtomicLong wrong = new AtomicLong();
  private volatile Window window = Window.begin();

  @Test
  @EnabledIfSystemProperty(
      named = "manta.long",
      matches = "true",
      disabledReason = "takes ten minutes; run it by -Plong")
  void shouldSlowDownOrRefuseWhoMakesTwiceTheWorkThatIsDone() throws Exception {
    MantaConfig config = MantaConfig.defaults().withCpus(CPUS).withPendingLimit(PENDING);
    try (var cluster = ProcessCluster.start(2, config, "-Xmx256m");
        Manta driver = cluster.connect()) {
      var windows = new ArrayList<Window>();
      long refused = 0;
      try (var threads = new Submitters()) {
        long perSecond = 2L * CPUS * cluster.nodes().size() * 1_000 / TASK_MILLIS;
        AtomicLong behind = threads.atRate(perSecond, index -> submit(driver, index));
        ActorHandle<Worker> worker =
            driver.actor(Worker::new).maxPendingCalls(PENDING_CALLS).create();
        threads.atRate(2 * 1_000 / CALL_MILLIS, index -> call(worker));
        for (int i = 0; i < WINDOWS; i++) {
          Window now = Window.begin();
          window = now;
          Thread.sleep(LASTS.dividedBy(WINDOWS));
          now.tasks().end();
          now.calls().end();
          now.heaps().addAll(heaps(driver));
          windows.add(now);
          System.out.println(now);
        }
        refused = threads.refused.get();
        assertThat(behind).as("tasks by which the submitter was late").hasValueGreaterThan(1_000);
      }
      Eventually.allFree(driver);

      assertThat(wrong).hasValue(0);
      assertThat(refused).as("calls that were refused").isPositive();
      assertThat(windows).allSatisfy(one -> assertThat(one.tasks().count()).isPositive());
      assertThat(windows).allSatisfy(one -> assertThat(one.calls().count()).isPositive());
      shouldBeSteady(windows);
    }
  }

  /// The first window is for warming up.
  private static void shouldBeSteady(List<Window> windows) {
    Window first = windows.get(1);
    Window last = windows.getLast();
    assertThat(last.tasks().p99Millis())
        .as("p99 of tasks in the end, in %s", windows)
        .isLessThan(2 * first.tasks().p99Millis());
    assertThat(last.calls().p99Millis())
        .as("p99 of calls in the end, in %s", windows)
        .isLessThan(2 * first.calls().p99Millis());
    for (int process = 0; process < first.heaps().size(); process++) {
      assertThat(last.heaps().get(process))
          .as("heap of process %d in the end, in %s", process, windows)
          .isLessThan(first.heaps().get(process) + SLACK_BYTES);
    }
  }

  private void submit(Manta driver, long index) {
    byte[] captured = new byte[2_000];
    Window own = window;
    long start = System.nanoTime();
    ObjectRef<byte[]> result =
        driver.submit(
            () -> {
              Thread.sleep(TASK_MILLIS);
              var value = new byte[4_000];
              value[0] = (byte) (index + captured[0]);
              return value;
            });
    result
        .toCompletionStage()
        .whenComplete(
            (value, failure) -> {
              own.tasks().since(start);
              if (failure != null || value[0] != (byte) index) {
                wrong.incrementAndGet();
              }
              result.close();
            });
  }

  private void call(ActorHandle<Worker> worker) {
    Window own = window;
    long start = System.nanoTime();
    ObjectRef<Integer> result = worker.call(Worker::work);
    result
        .toCompletionStage()
        .whenComplete(
            (value, failure) -> {
              own.calls().since(start);
              if (failure != null) {
                wrong.incrementAndGet();
              }
              result.close();
            });
  }

  /// In use after a collection, of the driver and of each node.
  private static List<Long> heaps(Manta driver) {
    var all = new ArrayList<Long>();
    all.add(heap());
    for (NodeInfo node : driver.nodes()) {
      all.add(driver.task(OverloadTest::heap).cpus(0).onNode(node.id()).submit().get());
    }
    return all;
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  /// Threads that make work at a rate, whether it is done or not, until this is closed.
  private static final class Submitters implements AutoCloseable {
    private interface Work {
      void make(long index);
    }

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong refused = new AtomicLong();
    private volatile boolean closed;

    /// @return by how many it is behind its rate at most
    AtomicLong atRate(long perSecond, Work work) {
      var behind = new AtomicLong();
      long period = Duration.ofSeconds(1).toNanos() / perSecond;
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    long begun = System.nanoTime();
                    for (long index = 0; !closed; index++) {
                      long early = begun + index * period - System.nanoTime();
                      if (early > 0) {
                        LockSupport.parkNanos(early);
                      }
                      make(work, index);
                      behind.accumulateAndGet(-early / period, Math::max);
                    }
                  }));
      return behind;
    }

    private void make(Work work, long index) {
      try {
        work.make(index);
      } catch (PendingCallsLimitExceededException e) {
        refused.incrementAndGet();
      }
    }

    @Override
    public void close() throws InterruptedException {
      closed = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }
}
