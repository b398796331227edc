package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.core.GetTimeoutException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Nodes in one JVM that are killed and cut off.
@MantaTest(nodes = 3, allowLeaks = true)
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class LocalFaultsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final AtomicInteger STOPPED = new AtomicInteger();
  private static final AtomicReference<NodeId> FIRST = new AtomicReference<>();
  private static CountDownLatch interrupted = new CountDownLatch(1);

  private final Manta manta;
  private final LocalCluster cluster;

  LocalFaultsTest(Manta manta, LocalCluster cluster) {
    this.manta = manta;
    this.cluster = cluster;
  }

  /// Says where it is.
  public static class Resident extends RemoteActor {
    public String home() {
      return context().manta().id().toString();
    }

    @Override
    protected void onStop() {
      STOPPED.incrementAndGet();
    }
  }

  @BeforeEach
  void fill() {
    while (cluster.living().size() < 3) {
      cluster.add();
    }
    cluster.awaitAllKnown();
    cluster.await("the driver knows all", () -> manta.nodes().size() == 3);
    STOPPED.set(0);
    FIRST.set(null);
    interrupted = new CountDownLatch(1);
  }

  private Manta nodeOf(ActorHandle<Resident> actor) {
    String home = actor.call(Resident::home).get(SOON);
    return cluster.living().stream()
        .filter(node -> node.id().toString().equals(home))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldRestartAnActorElsewhereWhenItsNodeIsKilled() {
    var actor = manta.actor(Resident::new).maxRestarts(1).create();
    Manta home = nodeOf(actor);
    cluster.kill(home);

    assertThat(home.whenClosed().toCompletableFuture()).isCompleted();
    cluster.await("it lives elsewhere", () -> isElsewhere(actor, home));
    assertThat(STOPPED).as("onStop of a killed node").hasValue(0);
  }

  private boolean isElsewhere(ActorHandle<Resident> actor, Manta home) {
    try {
      return !actor.call(Resident::home).get(SOON).equals(home.id().toString());
    } catch (MantaException e) {
      return false; // it is on its way
    }
  }

  @Test
  void shouldRunATaskAgainWhenItsNodeIsKilled() throws InterruptedException {
    var task =
        manta.submit(
            () -> {
              NodeId here = Manta.current().id();
              if (FIRST.compareAndSet(null, here)) {
                waitForEver();
              }
              return here.toString();
            });
    cluster.await("it runs", () -> FIRST.get() != null);
    NodeId first = FIRST.get();
    cluster.kill(
        cluster.living().stream().filter(node -> node.id().equals(first)).findFirst().get());

    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(task.get(SOON)).isNotEqualTo(first.toString());
  }

  private static void waitForEver() throws InterruptedException {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      interrupted.countDown();
      throw e;
    }
  }

  @Test
  void shouldRunOnStopWhenANodeIsStopped() {
    var actor = manta.actor(Resident::new).create();
    Manta home = nodeOf(actor);
    cluster.stop(home);

    assertThat(STOPPED).hasValue(1);
    assertThat(cluster.living()).hasSize(2).doesNotContain(home);
  }

  @Test
  void shouldCarryOnWhenACutIsHealed() {
    Manta caller = cluster.living().getFirst();
    var actor = caller.actor(Resident::new).onNode(cluster.living().getLast().id()).create();
    Manta home = nodeOf(actor);
    assertThat(home).isNotSameAs(caller);
    assertThat(manta.submit(() -> 1).get(SOON)).isEqualTo(1); // the next one needs nothing new
    cluster.cut(caller, home); // for less time than it takes to be given up
    var held = actor.call(Resident::home);

    assertThatThrownBy(() -> held.get(Duration.ofMillis(300)))
        .isInstanceOf(GetTimeoutException.class);
    assertThat(manta.submit(() -> 1).get(SOON)).as("the driver is not cut off").isEqualTo(1);
    cluster.heal(caller, home);

    assertThat(held.get(SOON)).isEqualTo(home.id().toString());
    assertThat(cluster.living()).hasSize(3);
  }

  @Test
  void shouldEndANodeThatIsCutOffFromTheMajority() {
    Manta lonely = cluster.living().getLast();
    cluster.isolate(lonely);

    cluster.await("it ends", () -> !cluster.living().contains(lonely));
    cluster.awaitAllKnown();
    assertThat(cluster.living()).hasSize(2);
    assertThat(manta.submit(() -> 2).get(SOON)).isEqualTo(2);
  }

  @Test
  void shouldRefuseARuntimeThatIsNoneOfItsNodes() {
    assertThatThrownBy(() -> cluster.kill(manta))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is none of the nodes");
  }
}
