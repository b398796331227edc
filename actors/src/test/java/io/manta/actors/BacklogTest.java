package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.DataSize;
import io.manta.core.GetTimeoutException;
import io.manta.core.ObjectRef;
import io.manta.core.WaitInterruptedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who submits faster than tasks start is slowed down.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BacklogTest {
  /// Of 512 bytes each.
  private static final int MOST_WAITING = 10;

  private static final AtomicInteger SUBMITTED = new AtomicInteger();
  private static volatile CountDownLatch gate = new CountDownLatch(1);

  private static Manta start() {
    gate = new CountDownLatch(1);
    return Manta.start(
        MantaConfig.defaults().withCpus(1).withPendingLimit(new DataSize(MOST_WAITING * 512L)));
  }

  private static int pass(int value) throws InterruptedException {
    gate.await();
    return value;
  }

  /// Submits in another thread, and counts what it has submitted.
  private static CompletableFuture<List<ObjectRef<Integer>>> submit(
      Manta manta, int count, AtomicInteger submitted) {
    return CompletableFuture.supplyAsync(
        () -> {
          var refs = new ArrayList<ObjectRef<Integer>>();
          for (int i = 0; i < count; i++) {
            int value = i;
            refs.add(manta.submit(() -> pass(value)));
            submitted.incrementAndGet();
          }
          return refs;
        },
        Thread::startVirtualThread);
  }

  @Test
  void shouldHaveSubmitWaitWhileAsMuchWaitsAsMay() throws Exception {
    try (Manta manta = start()) {
      var submitted = new AtomicInteger();
      var refs = submit(manta, 100, submitted);
      await().untilAtomic(submitted, value -> assertThat(value).hasToString("11"));

      assertThat(refs).isNotDone();
      gate.countDown();

      List<Integer> values = manta.get(refs.get());
      assertThat(values).hasSize(100).isSorted();
      assertThat(submitted).hasValue(100);
    }
  }

  @Test
  void shouldCountWhatWaitsForWhatItCaptured() throws Exception {
    try (Manta manta = start()) {
      ObjectRef<Integer> first = manta.submit(() -> pass(1));
      for (int i = 0; i < MOST_WAITING; i++) {
        manta.submit(() -> first.get() + 1);
      }
      var submitted = new AtomicInteger();
      var more = submit(manta, 1, submitted);
      assertThatThrownBy(() -> more.get(300, TimeUnit.MILLISECONDS)).isNotNull();

      gate.countDown();

      assertThat(manta.get(more.get())).containsExactly(0);
    }
  }

  @Test
  void shouldCountWhatWasCaptured() throws Exception {
    try (Manta manta = start()) {
      byte[] captured = new byte[MOST_WAITING * 512];
      ObjectRef<Integer> running = manta.submit(() -> pass(captured.length));
      var submitted = new AtomicInteger();
      var more = submit(manta, 1, submitted);
      assertThatThrownBy(() -> more.get(300, TimeUnit.MILLISECONDS)).isNotNull();

      gate.countDown();

      assertThat(running.get()).isEqualTo(captured.length);
      assertThat(manta.get(more.get())).containsExactly(0);
    }
  }

  /// Each holds the one cpu, which its children need, and submits more of them than may wait.
  @Test
  void shouldNotDeadlockWhenTasksSubmitMoreThanMayWait() {
    try (Manta manta = start()) {
      gate.countDown();
      byte[] captured = new byte[MOST_WAITING * 512];
      List<ObjectRef<Integer>> parents = new ArrayList<>();
      for (int parent = 0; parent < 4; parent++) {
        parents.add(
            manta.submit(
                () -> {
                  Manta here = Manta.current();
                  List<ObjectRef<Integer>> children = new ArrayList<>();
                  for (int i = 0; i < 100; i++) {
                    int value = i % 2;
                    children.add(here.submit(() -> pass(value)));
                  }
                  return here.get(children).stream().mapToInt(value -> value).sum()
                      + captured.length * 0;
                }));
      }
      assertThat(manta.get(parents)).containsExactly(50, 50, 50, 50);
    }
  }

  /// The children wait, and with what they captured they take more than may wait.
  @Test
  void shouldSlowATaskDownWhoseChildrenCapturedMuch() throws Exception {
    try (Manta manta = start()) {
      SUBMITTED.set(0);
      ObjectRef<Integer> parent =
          manta.submit(
              () -> {
                Manta here = Manta.current();
                List<ObjectRef<Integer>> children = new ArrayList<>();
                for (int i = 0; i < 1000; i++) {
                  byte[] captured = new byte[MOST_WAITING * 512];
                  children.add(here.submit(() -> pass(captured.length)));
                  SUBMITTED.incrementAndGet();
                }
                return here.get(children).size();
              });
      assertThatThrownBy(() -> parent.get(Duration.ofSeconds(1)))
          .isInstanceOf(GetTimeoutException.class);
      assertThat(SUBMITTED).hasValueBetween(1, 50);

      gate.countDown();

      assertThat(parent.get()).isEqualTo(1000);
    }
  }

  @Test
  void shouldThrowWhenInterrupted() {
    try (Manta manta = start()) {
      var submitted = new AtomicInteger();
      var thread = new CompletableFuture<Thread>();
      var refs =
          CompletableFuture.supplyAsync(
              () -> {
                thread.complete(Thread.currentThread());
                for (int i = 0; i < 100; i++) {
                  manta.submit(() -> pass(1));
                  submitted.incrementAndGet();
                }
                return submitted;
              },
              Thread::startVirtualThread);
      await().untilAtomic(submitted, value -> assertThat(value).hasToString("11"));

      thread.join().interrupt();

      assertThatThrownBy(refs::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(WaitInterruptedException.class);
      gate.countDown();
    }
  }

  @Test
  void shouldSubmitNothingMoreOnceClosed() {
    var submitted = new AtomicInteger();
    CompletableFuture<List<ObjectRef<Integer>>> refs;
    try (Manta manta = start()) {
      refs = submit(manta, 100, submitted);
      await().untilAtomic(submitted, value -> assertThat(value).hasToString("11"));
    }
    assertThatThrownBy(refs::get)
        .hasCauseInstanceOf(io.manta.core.ClusterUnavailableException.class);
  }
}
