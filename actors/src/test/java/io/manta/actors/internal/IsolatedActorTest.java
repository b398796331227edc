package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.Isolation;
import io.manta.core.ObjectRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Actors in processes of their own, with the deaths that only those survive.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class IsolatedActorTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  private final Manta manta = Manta.start(MantaConfig.defaults().withCpus(2));

  static class Worker extends RemoteActor {
    private int count;
    private String restarted = "";

    @Override
    protected void onRestart(String reason) {
      restarted = reason;
    }

    int add(int amount) {
      count += amount;
      return count;
    }

    int incarnation() {
      return context().incarnation();
    }

    long pid() {
      return ProcessHandle.current().pid();
    }

    String restarted() {
      return restarted;
    }

    String option() {
      return System.getProperty("worker.option", "none");
    }

    int refuse() {
      throw new IllegalStateException("it does not like to");
    }

    void crash() {
      System.exit(3);
    }

    void leave() {
      context().exit();
    }

    void tick() {
      tickEvery(Duration.ofMillis(10));
    }

    void tickEvery(Duration period) {
      context().every(period, () -> count++);
    }

    void tickAndFail() {
      context()
          .every(
              Duration.ofMillis(10),
              () -> {
                count++;
                throw new IllegalStateException("it fails each time");
              });
    }

    /// A thread that keeps its process alive.
    long stray() {
      new Thread(
              () -> {
                while (true) {
                  try {
                    Thread.sleep(60_000);
                  } catch (InterruptedException e) {
                    // it does not end
                  }
                }
              })
          .start();
      return pid();
    }

    boolean hold() throws InterruptedException {
      return new CountDownLatch(1).await(60, TimeUnit.SECONDS);
    }
  }

  static final class Noting extends Worker {
    private final Path file;

    Noting(String file) {
      this.file = Path.of(file);
    }

    void leaveANote() throws IOException {
      Files.writeString(file, "called");
    }

    @Override
    protected void onStop() throws IOException {
      Files.writeString(file, ", stopped", StandardOpenOption.APPEND);
    }
  }

  @AfterEach
  void close() {
    manta.close();
  }

  private ActorHandle<Worker> worker() {
    return manta.actor(Worker::new).isolated().maxRestarts(1).create();
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  @Test
  void shouldLiveInAProcessOfItsOwn() {
    ActorHandle<Worker> worker =
        manta
            .actor(Worker::new)
            .isolated(Isolation.defaults().withJvmOptions("-Dworker.option=set"))
            .create();
    assertThat(worker.call(Worker::pid).get(SOON)).isNotEqualTo(ProcessHandle.current().pid());
    assertThat(worker.call(Worker::option).get(SOON)).isEqualTo("set");
    assertThat(worker.call(actor -> actor.add(2)).get(SOON)).isEqualTo(2);
    assertThat(worker.call(actor -> actor.add(3)).get(SOON)).isEqualTo(5);
    assertThatThrownBy(() -> worker.call(Worker::refuse).get(SOON))
        .hasRootCauseMessage("it does not like to");
    assertThat(worker.call(actor -> actor.add(1)).get(SOON)).isEqualTo(6);
  }

  @Test
  void shouldRunTimersThere() {
    ActorHandle<Worker> worker = worker();
    worker.run(Worker::tick).get(SOON);
    await().until(() -> worker.call(actor -> actor.add(0)).get(SOON) > 3);
  }

  @Test
  void shouldRefuseATimerWithoutAPeriodThere() {
    ActorHandle<Worker> worker = worker();
    assertThatThrownBy(() -> worker.run(actor -> actor.tickEvery(Duration.ZERO)).get(SOON))
        .rootCause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a period of PT0S must be more than 0");
  }

  @Test
  void shouldGoOnWithAPeriodicTimerThatFailedThere() {
    ActorHandle<Worker> worker = worker();
    worker.run(Worker::tickAndFail).get(SOON);
    await().until(() -> worker.call(actor -> actor.add(0)).get(SOON) > 3);
  }

  @Test
  void shouldRestartAfterSystemExitAndThenDie() throws Exception {
    ActorHandle<Worker> worker = worker();
    assertThat(worker.call(actor -> actor.add(2)).get(SOON)).isEqualTo(2);
    assertThatThrownBy(() -> worker.run(Worker::crash).get(SOON))
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("exit code 3");
    assertThat(worker.call(actor -> actor.add(1)).get(SOON)).isEqualTo(1);
    assertThat(worker.call(Worker::restarted).get(SOON)).contains("exit code 3");
    assertThatThrownBy(() -> worker.run(Worker::crash).get(SOON))
        .isInstanceOf(ActorDiedException.class);
    ActorDiedException death = worker.whenDead().toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertThat(death.reason()).isEqualTo(Reason.PROCESS_DIED);
    assertThat(death)
        .hasMessageContaining("exit code 3")
        .hasMessageEndingWith("has used up its maxRestarts of 1");
  }

  @Test
  void shouldRepeatACallWhoseProcessDiedWhenAsked() {
    ActorHandle<Worker> worker =
        manta.actor(Worker::new).isolated().maxRestarts(3).callRetries(3).create();
    ObjectRef<Boolean> answer =
        worker.call(
            actor -> {
              if (actor.incarnation() == 1) {
                actor.crash();
              }
              return true;
            });
    assertThat(answer.get(SOON)).isTrue();
  }

  @Test
  void shouldEndItsProcessThoughAStrayThreadLives() throws Exception {
    ActorHandle<Worker> stopped = worker();
    long first = stopped.call(Worker::stray).get(SOON);
    assertThat(isAlive(first)).isTrue();
    assertThat(stopped.stop(SOON).toCompletableFuture().get(60, TimeUnit.SECONDS).reason())
        .isEqualTo(Reason.STOPPED);
    await().until(() -> !isAlive(first));

    ActorHandle<Worker> killed = worker();
    long second = killed.call(Worker::stray).get(SOON);
    killed.kill();
    await().until(() -> !isAlive(second));
  }

  @Test
  void shouldStopInOrderWhenItsNodeIsClosed(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("note");
    String name = file.toString();
    ActorHandle<Noting> noting = manta.actor(() -> new Noting(name)).isolated().create();
    noting.run(Noting::leaveANote).get(SOON);
    manta.close();

    assertThat(file).hasContent("called, stopped");
  }

  @Test
  void shouldInterruptACallThatIsCancelled() {
    ActorHandle<Worker> worker = worker();
    worker.call(Worker::pid).get(SOON);
    for (int i = 1; i <= 100; i++) {
      ObjectRef<Boolean> held = worker.call(Worker::hold);
      held.cancel(); // before its process has it, or when it has begun
      assertThat(worker.call(actor -> actor.add(1)).get(SOON)).isEqualTo(i);
    }
  }

  @Test
  void shouldExitFromInside() throws Exception {
    ActorHandle<Worker> worker = worker();
    worker.run(Worker::leave).get(SOON);
    assertThat(worker.whenDead().toCompletableFuture().get(60, TimeUnit.SECONDS).reason())
        .isEqualTo(Reason.EXITED);
  }

  @Test
  void shouldSayThatTheConstructorFailed() throws Exception {
    ActorHandle<Worker> worker =
        manta
            .<Worker>actor(
                () -> {
                  throw new IllegalStateException("no database");
                })
            .isolated()
            .create();
    ActorDiedException death = worker.whenDead().toCompletableFuture().get(60, TimeUnit.SECONDS);
    assertThat(death.reason()).isEqualTo(Reason.CONSTRUCTOR_FAILED);
    assertThat(death).hasRootCauseMessage("no database");
  }

  @Test
  void shouldRefuseToRunSeveralCallsAtATime() {
    assertThatThrownBy(() -> manta.actor(Worker::new).isolated().maxConcurrency(2).create())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one call at a time");
  }
}
