package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.MantaException;
import io.manta.core.ObjectRef;
import io.manta.core.TaskCancelledException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How the tasks of a runtime end that is closed.
@Timeout(30)
class ClosingTest {
  private static final AtomicInteger STARTED = new AtomicInteger();
  private static volatile CountDownLatch waits = new CountDownLatch(1);
  private static volatile CountDownLatch parentOver = new CountDownLatch(1);

  @Test
  void shouldEndATaskBeforeTheOneThatItWaitsFor() throws Exception {
    waits = new CountDownLatch(2);
    parentOver = new CountDownLatch(1);
    ObjectRef<String> parent;
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(2))) {
      manta.submit(ClosingTest::hold);
      parent = manta.submit(ClosingTest::withoutItsChild);
      ((Ref<?>) parent).whenDone((value, failure) -> parentOver.countDown());
      waits.await();
      // Fails after the child, and keeps the thread that closes until the parent went on.
      var last = (Ref<?>) manta.task(() -> true).cpus(2).submit();
      last.whenDone((value, failure) -> awaitParent());
    }
    assertThatThrownBy(parent::get).isInstanceOf(TaskCancelledException.class);
  }

  private static boolean hold() throws InterruptedException {
    waits.countDown();
    Thread.sleep(60_000);
    return true;
  }

  private static String withoutItsChild() {
    ObjectRef<String> child = Manta.current().task(() -> "a child's value").cpus(2).submit();
    waits.countDown();
    try {
      return child.get();
    } catch (MantaException e) {
      return "no child's value";
    }
  }

  private static void awaitParent() {
    try {
      assertThat(parentOver.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void shouldNotStartWhatWaitsForATaskThatIsCancelled() throws Exception {
    waits = new CountDownLatch(1);
    STARTED.set(0);
    List<ObjectRef<Integer>> queued;
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(1))) {
      manta.submit(ClosingTest::hold);
      queued =
          IntStream.range(0, 1_000).mapToObj(i -> manta.submit(STARTED::incrementAndGet)).toList();
      waits.await();
    }
    queued.forEach(
        ref ->
            assertThatThrownBy(ref::get)
                .isInstanceOf(TaskCancelledException.class)
                .hasMessageContaining("its runtime was closed"));
    assertThat(STARTED).hasValue(0);
  }

  @Test
  void shouldEndWithWhatEscapesFromAThreadThatOthersMayWaitFor() {
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(1))) {
      ObjectRef<Boolean> pending = manta.task(() -> true).resource("licence", 1).submit();

      ((MantaRuntime) manta)
          .callbacks()
          .execute(
              () -> {
                throw new StackOverflowError("as a bug of the runtime would");
              });

      assertThatThrownBy(pending::get).isInstanceOf(TaskCancelledException.class);
      manta.whenClosed().toCompletableFuture().join();
    }
  }

  @Test
  void shouldEndWithWhatWorkThrowsThatWasDue() {
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(1))) {
      ((MantaRuntime) manta)
          .timer()
          .execute(
              () -> {
                throw new IllegalStateException("as a bug of the runtime would");
              });

      manta.whenClosed().toCompletableFuture().join();
    }
  }
}
