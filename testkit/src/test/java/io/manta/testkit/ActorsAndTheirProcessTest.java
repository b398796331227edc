package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Actors that live in the process of their node, and what they do to it.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ActorsAndTheirProcessTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  public static class Worker extends RemoteActor {
    NodeId node() {
      return context().node();
    }

    int incarnation() {
      return context().incarnation();
    }

    void exit() {
      System.exit(3);
    }

    /// A thread that would keep its process alive.
    long stray() {
      new Thread(
              () -> {
                while (true) {
                  LockSupport.park();
                }
              })
          .start();
      return ProcessHandle.current().pid();
    }
  }

  @Test
  void shouldEndTheNodeByAnExitAndNotBeKeptByAStrayThread() throws Exception {
    try (var cluster = ProcessCluster.start(2, MantaConfig.defaults().withCpus(2));
        Manta manta = cluster.connect()) {
      ActorHandle<Worker> once = manta.actor(Worker::new).maxRestarts(2).create();
      NodeId first = once.call(Worker::node).get(SOON);
      ActorHandle<Worker> mortal = manta.actor(Worker::new).onNode(first).create();
      mortal.call(Worker::node).get(SOON);

      ObjectRef<?> exit = once.run(Worker::exit);
      assertThatThrownBy(() -> exit.get(SOON))
          .isInstanceOfSatisfying(
              ActorDiedException.class,
              died -> assertThat(died.reason()).isEqualTo(Reason.NODE_DIED));
      assertThat(mortal.whenDead().toCompletableFuture().get(60, TimeUnit.SECONDS).reason())
          .isEqualTo(Reason.NODE_DIED);
      assertThat(once.call(Worker::incarnation).get(SOON)).isEqualTo(2);
      assertThat(once.call(Worker::node).get(SOON)).isNotEqualTo(first);

      long process = once.call(Worker::stray).get(SOON);
      assertThat(ProcessHandle.of(process).orElseThrow().destroy()).isTrue(); // as it is stopped
      await().atMost(SOON).until(() -> ProcessHandle.of(process).isEmpty());
    }
  }
}
