package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.NodeControl;
import io.manta.actors.RemoteActor;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.Drained;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.PendingWork;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Taking a node out of service and changing what it offers, on a cluster of two.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NodeControlTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  private LocalCluster cluster;
  private Manta driver;
  private NodeId stays;
  private NodeId goes;
  private NodeControl node;

  @BeforeEach
  void start() {
    started = new CountDownLatch(1);
    latch = new CountDownLatch(1);
    cluster = LocalCluster.start(2, MantaConfig.defaults().withCpus(2));
    driver = cluster.connect();
    stays = cluster.node(0).id();
    goes = cluster.node(1).id();
    node = driver.node(goes);
  }

  @AfterEach
  void close() {
    latch.countDown();
    driver.close();
    cluster.close();
  }

  public static class Counter extends RemoteActor {
    private int count;

    int count() {
      return ++count;
    }

    NodeId node() {
      return Manta.current().id();
    }
  }

  private static NodeId here() {
    return Manta.current().id();
  }

  private static NodeId block() throws InterruptedException {
    started.countDown();
    latch.await();
    return here();
  }

  private Set<NodeId> whereTasksRun() {
    List<ObjectRef<NodeId>> refs =
        IntStream.range(0, 40)
            .mapToObj(
                i ->
                    driver.submit(
                        () -> {
                          Thread.sleep(5);
                          return here();
                        }))
            .toList();
    return driver.get(refs).stream().collect(Collectors.toSet());
  }

  @Test
  void shouldStartNothingNewOnACordonedNodeAndLetGoOnWhatRunsThere() throws Exception {
    ObjectRef<NodeId> runs = driver.task(NodeControlTest::block).preferNode(goes).submit();
    started.await();
    node.cordon();
    PlacementGroup group = driver.placementGroup().bundle(Resources.cpus(1)).create().await(LIMIT);

    assertThat(driver.nodes()).anyMatch(info -> info.id().equals(goes) && info.cordoned());
    assertThat(whereTasksRun()).containsExactly(stays);
    assertThat(cluster.node(1).submit(NodeControlTest::here).get()).isEqualTo(stays);
    assertThat(driver.actor(Counter::new).create().call(Counter::node).get()).isEqualTo(stays);
    assertThat(group.bundles()).allMatch(bundle -> bundle.node().orElseThrow().equals(stays));
    latch.countDown();
    assertThat(runs.get()).isEqualTo(goes);
  }

  @Test
  void shouldSayThatWorkWaitsForACordonedNodeAndStartItWhenThatTakesWorkAgain() {
    node.cordon();
    ObjectRef<NodeId> only = driver.task(NodeControlTest::here).onNode(goes).submit();

    cluster.await("it is pending", () -> !driver.pending().isEmpty());
    assertThat(driver.pending())
        .singleElement()
        .satisfies(
            work -> {
              assertThat(work.what()).contains("a task", "1 cpu");
              assertThat(work.why()).contains("cordoned", goes.toString());
              assertThat(work.process()).isEqualTo(driver.id());
            });
    node.uncordon();
    assertThat(only.get(LIMIT)).isEqualTo(goes);
  }

  @Test
  void shouldMoveActorsAwayAndWaitForTasksOfANodeThatIsDrained() throws Exception {
    ActorHandle<Counter> mobile =
        driver.actor(Counter::new).cpus(0).maxRestarts(1).preferNode(goes).create();
    assertThat(mobile.call(Counter::node).get()).isEqualTo(goes);
    ObjectRef<NodeId> runs = driver.task(NodeControlTest::block).preferNode(goes).submit();
    started.await();

    Drained early = node.drain(Duration.ofSeconds(1));
    assertThat(early.tasks()).isEqualTo(1);
    assertThat(early.isComplete()).isFalse();
    latch.countDown();
    assertThat(runs.get()).isEqualTo(goes);
    assertThat(node.drain(LIMIT).isComplete()).isTrue();
    assertThat(mobile.call(Counter::node).get()).isEqualTo(stays);
  }

  @Test
  void shouldOfferWhatItIsSetTo() {
    node.setResources(Map.of("cpu", 6.0, "licence", 2.0));
    cluster.await("all know", () -> driver.clusterResources().cpus() == 8);
    assertThat(driver.task(NodeControlTest::here).resource("licence", 2).submit().get())
        .isEqualTo(goes);
    assertThat(driver.task(NodeControlTest::here).cpus(6).submit().get()).isEqualTo(goes);

    node.setResources(Map.of("cpu", 1.0, "licence", 0.0));
    cluster.await("all know", () -> driver.clusterResources().cpus() == 3);
    assertThat(driver.clusterResources().names()).doesNotContain("licence");
    Eventually.allFree(driver);
  }

  @Test
  void shouldStartNothingWhileMoreIsInUseThanItOffers() throws Exception {
    ObjectRef<NodeId> runs = driver.task(NodeControlTest::block).cpus(2).onNode(goes).submit();
    started.await();
    node.setResources(Map.of("cpu", 1.0));
    ObjectRef<NodeId> next = driver.task(NodeControlTest::here).onNode(goes).submit();

    cluster.await("it waits", () -> driver.pending().stream().anyMatch(w -> isOfOneCpu(w)));
    assertThat(next.isDone()).isFalse();
    latch.countDown();
    assertThat(runs.get()).isEqualTo(goes);
    assertThat(next.get(LIMIT)).isEqualTo(goes);
    Eventually.allFree(driver);
  }

  private static boolean isOfOneCpu(PendingWork work) {
    return work.what().contains("1 cpu");
  }

  @Test
  void shouldHaveTheLabelsThatItIsGiven() {
    node.setLabels(Map.of("zone", "eu"));
    assertThat(driver.task(NodeControlTest::here).where("zone = eu").submit().get(LIMIT))
        .isEqualTo(goes);
  }

  @Test
  void shouldRefuseWhatCannotBe() {
    assertThatThrownBy(() -> node.setResources(Map.of("gpu", 1.0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gpus of a node can't be changed");
    assertThatThrownBy(() -> node.setResources(Map.of("cpu", -1.0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> node.setLabels(Map.of("a zone", "eu")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a zone");
    assertThatThrownBy(() -> driver.node(new NodeId(1)).cordon())
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("is not in the cluster");
  }
}
