package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.CancelOptions;
import io.manta.core.ObjectRef;
import io.manta.core.TaskCancelledException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How far a cancel goes.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CancelTest {
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch release = new CountDownLatch(1);
  private static volatile CountDownLatch interrupted = new CountDownLatch(1);

  private static volatile CountDownLatch finished = new CountDownLatch(1);

  private static void reset() {
    finished = new CountDownLatch(1);
    started = new CountDownLatch(1);
    release = new CountDownLatch(1);
    interrupted = new CountDownLatch(1);
  }

  private static String child() throws InterruptedException {
    started.countDown();
    try {
      release.await();
      finished.countDown();
      return "not cancelled";
    } catch (InterruptedException e) {
      interrupted.countDown();
      throw e;
    }
  }

  @Test
  void shouldLeaveChildrenAloneWhenACancelIsNotRecursive() throws Exception {
    reset();
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(2))) {
      ObjectRef<String> parent =
          manta.submit(() -> Manta.current().submit(CancelTest::child).get());
      started.await();

      assertThat(parent.cancel(CancelOptions.defaults().withRecursive(false))).isTrue();

      assertThatThrownBy(parent::get).isInstanceOf(TaskCancelledException.class);
      await().until(() -> manta.availableResources().cpus() == 1);
      release.countDown();
      finished.await();
      assertThat(interrupted.getCount()).isEqualTo(1);
    }
  }

  @Test
  void shouldCancelChildrenAtOnceWhenTheirParentDoesNotEnd() throws Exception {
    reset();
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(2))) {
      ObjectRef<String> parent =
          manta.submit(
              () -> {
                Manta.current().submit(CancelTest::child);
                while (release.getCount() > 0) {
                  Thread.onSpinWait(); // deaf to interrupts
                }
                return "ended";
              });
      started.await();

      parent.cancel(CancelOptions.defaults().withForce(true));

      assertThatThrownBy(parent::get).isInstanceOf(TaskCancelledException.class);
      interrupted.await();
      await().until(() -> manta.availableResources().cpus() == 1);
      release.countDown();
      await().until(() -> manta.availableResources().cpus() == 2);
    }
  }
}
