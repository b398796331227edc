package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.Resources;
import io.manta.core.TaskFailedException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A node that is closed while its services still have something to finish.
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class LeavingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Map<Integer, NodeId> RUNNING = new ConcurrentHashMap<>();
  private static volatile List<CountDownLatch> gates = List.of();

  private static volatile CountDownLatch gate = new CountDownLatch(0);

  private LocalCluster cluster;
  private Manta driver;
  private Manta leaving;

  @BeforeEach
  void start() {
    cluster = LocalCluster.start(2, MantaConfig.defaults().withCpus(2));
    driver = cluster.connect();
    leaving = cluster.node(1);
    RUNNING.clear();
    gate = new CountDownLatch(0);
    gates = IntStream.range(0, 4).mapToObj(i -> new CountDownLatch(1)).toList();
  }

  @AfterEach
  void close() {
    HeldService.release();
    driver.close();
    cluster.close();
  }

  private CompletableFuture<Void> beginToClose() throws InterruptedException {
    HeldService.hold();
    var closed =
        CompletableFuture.runAsync(leaving::close, task -> Thread.ofPlatform().start(task));
    HeldService.awaitClosing();
    return closed;
  }

  private static NodeId waitAt(int gate) throws InterruptedException {
    RUNNING.put(gate, Manta.context().node());
    gates.get(gate).await();
    return Manta.context().node();
  }

  @Test
  void shouldTakeNoMoreWorkOfOthers() throws Exception {
    List<ObjectRef<NodeId>> first =
        IntStream.range(0, 4).mapToObj(i -> driver.submit(() -> waitAt(i))).toList();
    await().until(() -> RUNNING.size() == 4);

    var closed = beginToClose();
    await()
        .untilAsserted(
            () ->
                assertThat(driver.nodes())
                    .filteredOn(node -> node.id().equals(leaving.id()))
                    .extracting(NodeInfo::available)
                    .containsExactly(Resources.NONE));
    List<ObjectRef<NodeId>> later = new ArrayList<>();
    for (double cpus : new double[] {1, 1, 1, 0.5, 0.5}) {
      later.add(driver.task(() -> Manta.context().node()).cpus(cpus).retries(0).submit());
    }
    // What they leave free there is not for those that wait.
    for (int i = 0; i < 4; i++) {
      if (leaving.id().equals(RUNNING.get(i))) {
        gates.get(i).countDown();
        assertThat(first.get(i).get()).isEqualTo(leaving.id());
      }
    }
    gates.forEach(CountDownLatch::countDown);

    assertThat(driver.get(later, PATIENCE)).containsOnly(cluster.node(0).id());
    assertThat(closed).isNotDone();
  }

  @Test
  void shouldTakeNoMoreActors() throws Exception {
    var closed = beginToClose();
    await().until(() -> driver.availableResources().equals(cluster.node(0).config().resources()));
    for (int i = 0; i < 4; i++) {
      ActorHandle<Parent> actor = driver.actor(Parent::new).cpus(0).create();
      assertThat(actor.call(Parent::node).get(PATIENCE)).isEqualTo(cluster.node(0).id());
    }
    assertThat(closed).isNotDone();
  }

  private ObjectRef<NodeId> submitGated() {
    return driver
        .task(
            () -> {
              gate.await();
              return Manta.context().node();
            })
        .retries(0)
        .submit();
  }

  private List<ObjectRef<NodeId>> atLeaving(List<ObjectRef<NodeId>> refs) {
    return refs.stream().filter(ref -> Explained.runsOn(driver, ref, leaving.id())).toList();
  }

  private List<ObjectRef<NodeId>> submitFifty() {
    return IntStream.range(0, 50).mapToObj(i -> submitGated()).toList();
  }

  /// More of them than run at once are with the leaving node: what is known to be short is sent
  /// ahead. A pause of this machine makes it look long for a while.
  private List<ObjectRef<NodeId>> submitAhead() {
    for (int round = 0; round < 8; round++) {
      for (int i = 0; i < 20; i++) {
        driver.get(submitFifty());
      }
      gate = new CountDownLatch(1);
      List<ObjectRef<NodeId>> refs = submitFifty();
      try {
        await().atMost(Duration.ofSeconds(2)).until(() -> atLeaving(refs).size() > 2);
        return refs;
      } catch (ConditionTimeoutException e) {
        gate.countDown();
        driver.get(refs);
      }
    }
    throw new AssertionError("no task was sent ahead to " + leaving.id());
  }

  @Test
  void shouldHandBackWhatHasNotBegun() throws Exception {
    List<ObjectRef<NodeId>> refs = submitAhead();

    var closed = beginToClose();
    await().untilAsserted(() -> assertThat(atLeaving(refs)).hasSizeLessThanOrEqualTo(2));
    gate.countDown();

    assertThat(driver.get(refs, PATIENCE)).contains(cluster.node(0).id());
    assertThat(closed).isNotDone();
  }

  public static class Parent extends RemoteActor {
    public String call() {
      return child();
    }

    NodeId node() {
      return context().node();
    }
  }

  private static String child() {
    try {
      return Manta.current().submit(() -> "a child's value").get();
    } catch (MantaException e) {
      return "no value";
    }
  }

  @Test
  void shouldFinishWhatRunsMeanwhile() throws Exception {
    NodeId node = leaving.id();
    ActorHandle<Parent> actor = driver.actor(Parent::new).onNode(node).create();
    actor.call(Parent::call).get();
    ObjectRef<String> parent =
        driver
            .task(
                () -> {
                  waitAt(0);
                  return child();
                })
            .onNode(node)
            .submit();
    ObjectRef<String> failing =
        driver
            .<String>task(
                () -> {
                  waitAt(1);
                  throw new IOException("its own");
                })
            .onNode(node)
            .submit();
    await().until(() -> RUNNING.size() == 2);

    var closed = beginToClose();
    gates.forEach(CountDownLatch::countDown);

    assertThat(parent.get(PATIENCE)).isEqualTo("a child's value");
    assertThatThrownBy(() -> failing.get(PATIENCE))
        .isInstanceOf(TaskFailedException.class)
        .hasRootCauseMessage("its own");
    assertThat(actor.call(Parent::call).get(PATIENCE)).isEqualTo("a child's value");
    assertThat(closed).isNotDone();
  }
}
