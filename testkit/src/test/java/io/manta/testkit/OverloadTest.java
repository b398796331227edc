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
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Twice as much work as two nodes can do, for as long as it takes: who submits it is slowed down
/// or refused, and neither heaps nor latencies grow.
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class OverloadTest {
  private static final boolean LONG = Boolean.getBoolean("manta.long");
  private static final Duration LASTS = LONG ? Duration.ofMinutes(10) : Duration.ofSeconds(12);
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
              tasks.nanos.size(),
              tasks.p99Millis(),
              calls.nanos.size(),
              calls.p99Millis(),
              heaps.stream().map(bytes -> bytes >> 20).toList());
    }
  }

  private record Latencies(Queue<Long> nanos) {
    Latencies() {
      this(new ConcurrentLinkedQueue<>());
    }

    void since(long start) {
      nanos.add(System.nanoTime() - start);
    }

    long p99Millis() {
      long[] all = nanos.stream().mapToLong(nano -> nano).toArray();
      Arrays.sort(all);
      return all.length == 0 ? 0 : all[all.length * 99 / 100] / 1_000_000;
    }
  }

  private final AtomicLong wrong = new AtomicLong();
  private volatile Window window = Window.begin();

  @Test
  void shouldSlowDownOrRefuseWhoMakesTwiceTheWorkThatIsDone() throws Exception {
    MantaConfig config = MantaConfig.defaults().withCpus(CPUS).withPendingLimit(PENDING);
    try (var cluster = ProcessCluster.start(2, config, "-Xmx256m");
        Manta driver = cluster.connect()) {
      var windows = new ArrayList<Window>();
      long refused = 0;
      try (var threads = new Submitters()) {
        long perSecond = 2L * CPUS * cluster.nodes().size() * 1_000 / TASK_MILLIS;
        threads.atRate(perSecond, index -> submit(driver, index));
        ActorHandle<Worker> worker =
            driver.actor(Worker::new).maxPendingCalls(PENDING_CALLS).create();
        threads.atRate(2 * 1_000 / CALL_MILLIS, index -> call(worker));
        for (int i = 0; i < WINDOWS; i++) {
          Window now = Window.begin();
          window = now;
          Thread.sleep(LASTS.dividedBy(WINDOWS));
          now.heaps().addAll(heaps(driver));
          windows.add(now);
          System.out.println(now);
        }
        refused = threads.refused.get();
        assertThat(threads.behind()).as("tasks that were not submitted in time").isPositive();
      }
      Eventually.allFree(driver);

      assertThat(wrong).hasValue(0);
      assertThat(refused).as("calls that were refused").isPositive();
      assertThat(windows).allSatisfy(one -> assertThat(one.tasks().nanos()).isNotEmpty());
      assertThat(windows).allSatisfy(one -> assertThat(one.calls().nanos()).isNotEmpty());
      if (LONG) {
        shouldBeSteady(windows);
      }
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
    private final AtomicLong behind = new AtomicLong();
    private volatile boolean closed;

    void atRate(long perSecond, Work work) {
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
    }

    private void make(Work work, long index) {
      try {
        work.make(index);
      } catch (PendingCallsLimitExceededException e) {
        refused.incrementAndGet();
      }
    }

    /// By how many the slowest was behind its rate at most.
    long behind() {
      return behind.get();
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
