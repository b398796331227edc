package io.manta.testkit;

import static io.manta.core.PlacementGroup.Strategy.PACK;
import static io.manta.core.PlacementGroup.Strategy.STRICT_PACK;
import static io.manta.core.PlacementGroup.Strategy.STRICT_SPREAD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Placement groups over three nodes of two cpus.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PlacementGroupsClusterTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  private LocalCluster cluster;
  private Manta driver;

  @BeforeEach
  void start() {
    started = new CountDownLatch(1);
    latch = new CountDownLatch(1);
    cluster = LocalCluster.start(3, MantaConfig.defaults().withCpus(2));
    driver = cluster.connect();
  }

  @AfterEach
  void close() {
    latch.countDown();
    cluster.close();
  }

  public static class Where extends RemoteActor {
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

  private static Set<NodeId> nodes(PlacementGroup group) {
    return group.bundles().stream()
        .map(bundle -> bundle.node().orElseThrow())
        .collect(Collectors.toSet());
  }

  private Manta node(NodeId id) {
    return cluster.living().stream().filter(node -> node.id().equals(id)).findFirst().orElseThrow();
  }

  private void allFree() {
    for (Manta node : cluster.living()) {
      Eventually.allFree(node);
      assertThat(node.clusterResources().names()).containsExactly("cpu", "memory");
    }
  }

  @Test
  void shouldRunTasksAndActorsOnTheNodeOfTheirBundle() {
    PlacementGroup group =
        driver
            .placementGroup()
            .bundles(3, Resources.cpus(1))
            .strategy(STRICT_SPREAD)
            .create()
            .await(LIMIT);
    assertThat(nodes(group)).hasSize(3);
    for (PlacementGroup.Placed bundle : group.bundles()) {
      NodeId node = bundle.node().orElseThrow();
      assertThat(
              driver
                  .task(PlacementGroupsClusterTest::here)
                  .in(group, bundle.index())
                  .submit()
                  .get())
          .isEqualTo(node);
      ActorHandle<Where> actor = driver.actor(Where::new).in(group, bundle.index()).create();
      assertThat(actor.call(Where::node).get()).isEqualTo(node);
    }
    List<ObjectRef<NodeId>> anywhere =
        IntStream.range(0, 30)
            .mapToObj(i -> driver.task(PlacementGroupsClusterTest::here).in(group).submit())
            .toList();
    assertThat(driver.get(anywhere)).hasSize(30);
    group.remove();
    allFree();
  }

  @Test
  void shouldPlaceAllBundlesOrNone() throws Exception {
    var blocks = driver.task(PlacementGroupsClusterTest::block).cpus(2).submit();
    started.await();
    PlacementGroup spread =
        driver.placementGroup().bundles(3, Resources.cpus(2)).strategy(STRICT_SPREAD).create();
    PlacementGroup pack =
        driver.placementGroup().bundles(2, Resources.cpus(1)).strategy(STRICT_PACK).create();

    assertThat(nodes(pack.await(LIMIT))).hasSize(1);
    assertThat(spread.bundles()).allMatch(bundle -> bundle.node().isEmpty());
    cluster.await("one node is free", () -> driver.availableResources().cpus() == 2);
    pack.remove();
    latch.countDown();
    NodeId blocked = blocks.get();
    assertThat(nodes(spread.await(LIMIT))).hasSize(3).contains(blocked);
    spread.remove();
    allFree();
  }

  @Test
  void shouldBePlacedOnAllNodesBeforeSmallTasksThatWereSubmittedBeforeIt() {
    List<ObjectRef<NodeId>> tasks =
        IntStream.range(0, 3000)
            .mapToObj(
                i ->
                    driver.submit(
                        () -> {
                          Thread.sleep(10);
                          return here();
                        }))
            .toList();
    driver.await(tasks, 100, LIMIT);
    PlacementGroup group =
        driver
            .placementGroup()
            .bundles(3, Resources.cpus(2))
            .strategy(STRICT_SPREAD)
            .create()
            .await(LIMIT);

    assertThat(tasks.getLast().isDone()).isFalse();
    group.remove();
    assertThat(driver.get(tasks)).hasSize(3000);
    allFree();
  }

  @Test
  void shouldReserveNothingOfGroupsThatRaceForTheSameRoom() {
    // Each needs all of the cluster: one process knows nothing of the other's reservations.
    for (int i = 0; i < 5; i++) {
      List<PlacementGroup> groups =
          List.of(driver, cluster.node(0), cluster.node(1)).stream()
              .map(
                  from ->
                      from.placementGroup()
                          .bundles(3, Resources.cpus(2))
                          .strategy(STRICT_SPREAD)
                          .create())
              .toList();
      for (PlacementGroup group : groups) {
        group.ready().thenAccept(PlacementGroup::remove);
      }
      for (PlacementGroup group : groups) {
        assertThat(group.ready().toCompletableFuture().handle((done, failure) -> true))
            .succeedsWithin(LIMIT);
      }
      cluster.await("all are removed", () -> driver.placementGroups().isEmpty());
    }
    allFree();
  }

  @Test
  void shouldPlaceBundlesAgainWhenTheirNodeDies() throws Exception {
    PlacementGroup group =
        cluster
            .node(0)
            .placementGroup()
            .bundle(Resources.cpus(1))
            .bundle(Resources.cpus(2))
            .strategy(PlacementGroup.Strategy.STRICT_SPREAD)
            .create()
            .await(LIMIT);
    NodeId dies =
        nodes(group).stream().filter(node -> !node.equals(cluster.node(0).id())).findAny().get();
    int lost =
        group.bundles().stream()
            .filter(bundle -> bundle.node().orElseThrow().equals(dies))
            .findFirst()
            .get()
            .index();
    Manta from = cluster.node(0);
    ActorHandle<Where> actor = from.actor(Where::new).in(group, lost).maxRestarts(1).create();
    assertThat(actor.call(Where::node).get()).isEqualTo(dies);
    ObjectRef<NodeId> task = from.task(PlacementGroupsClusterTest::block).in(group, lost).submit();
    started.await();

    cluster.kill(node(dies));
    latch.countDown();
    cluster.await(
        "the bundle is placed again",
        () -> group.bundles().get(lost).node().filter(node -> !node.equals(dies)).isPresent());
    NodeId now = group.await(LIMIT).bundles().get(lost).node().orElseThrow();
    assertThat(nodes(group)).hasSize(2);
    assertThat(actor.call(Where::node).get()).isEqualTo(now);
    assertThat(from.task(PlacementGroupsClusterTest::here).in(group, lost).submit().get())
        .isEqualTo(now);
    assertThat(task.get()).isEqualTo(now);
    group.remove();
    allFree();
  }

  @Test
  void shouldBeReschedulingWhileNoNodeHasRoomForWhatWasLost() {
    PlacementGroup group =
        driver
            .placementGroup()
            .bundles(3, Resources.cpus(2))
            .strategy(STRICT_SPREAD)
            .create()
            .await(LIMIT);
    cluster.kill(cluster.node(2));
    cluster.await(
        "the group is rescheduling",
        () -> driver.placementGroups().getFirst().state() == PlacementGroupInfo.State.RESCHEDULING);
    int lost =
        group.bundles().stream().filter(each -> each.node().isEmpty()).findFirst().get().index();
    ObjectRef<NodeId> waits =
        driver.task(PlacementGroupsClusterTest::here).in(group, lost).submit();
    assertThat(driver.explain(waits).orElseThrow())
        .contains("bundle " + lost, "which is not placed", "different nodes");
    Manta fresh = cluster.add();
    assertThat(waits.get()).isEqualTo(fresh.id());
    assertThat(group.await(LIMIT).bundles().get(lost).node()).contains(fresh.id());
  }

  @Test
  void shouldRemoveTheGroupsOfADriverThatEnds() throws Exception {
    Manta creator = cluster.connect();
    PlacementGroup group =
        creator.placementGroup().bundle(Resources.cpus(2)).named("short").create().await(LIMIT);
    PlacementGroup found = driver.findPlacementGroup("short").orElseThrow();
    ActorHandle<Where> actor = driver.actor(Where::new).in(found).cpus(1).create();
    assertThat(nodes(group)).contains(actor.call(Where::node).get());
    ObjectRef<NodeId> runs = driver.task(PlacementGroupsClusterTest::block).in(found).submit();
    started.await();
    ObjectRef<NodeId> waits = driver.task(PlacementGroupsClusterTest::here).in(found).submit();

    creator.close();
    assertThatThrownBy(waits::get)
        .isInstanceOf(PlacementGroupRemovedException.class)
        .hasMessageContaining("is gone");
    assertThatThrownBy(runs::get).isInstanceOf(PlacementGroupRemovedException.class);
    assertThatThrownBy(() -> actor.call(Where::node).get()).isInstanceOf(ActorDiedException.class);
    assertThatThrownBy(() -> found.await(LIMIT)).isInstanceOf(PlacementGroupRemovedException.class);
    assertThat(driver.placementGroups()).isEmpty();
    allFree();
  }

  @Test
  void shouldLetADetachedGroupOutliveItsCreatorAndWhoTakesOver() {
    Manta creator = cluster.connect();
    creator
        .placementGroup()
        .bundles(2, Resources.cpus(1))
        .strategy(PACK)
        .named("long")
        .detached()
        .create()
        .await(LIMIT);
    PlacementGroup group = driver.findPlacementGroup("long").orElseThrow();
    Set<NodeId> before = nodes(group);
    creator.close();
    cluster.await("another places it", () -> directorIsOther(creator.id()));
    assertThat(nodes(group)).isEqualTo(before);
    assertThat(before)
        .contains(driver.task(PlacementGroupsClusterTest::here).in(group, 0).submit().get());

    cluster.kill(node(driver.placementGroups().getFirst().director()));
    cluster.await(
        "the next one places it, with all bundles on living nodes",
        () ->
            driver.placementGroups().size() == 1
                && driver.placementGroups().getFirst().state() == PlacementGroupInfo.State.CREATED
                && driver.placementGroups().getFirst().bundles().stream()
                    .allMatch(each -> isAlive(each.node().orElseThrow())));
    assertThat(driver.task(PlacementGroupsClusterTest::here).in(group, 1).submit().get())
        .isIn(new HashSet<>(cluster.living().stream().map(Manta::id).toList()));
    group.remove();
    cluster.await("it is removed", () -> driver.placementGroups().isEmpty());
    allFree();
  }

  private boolean directorIsOther(NodeId creator) {
    List<PlacementGroupInfo> groups = driver.placementGroups();
    return groups.size() == 1 && !groups.getFirst().director().equals(creator);
  }

  private boolean isAlive(NodeId id) {
    return cluster.living().stream().anyMatch(node -> node.id().equals(id));
  }

  @Test
  void shouldFreeWhatIsInUseOnOtherNodesWhenItIsRemoved() throws Exception {
    PlacementGroup group =
        driver
            .placementGroup()
            .bundles(3, Resources.cpus(2))
            .strategy(STRICT_SPREAD)
            .create()
            .await(LIMIT);
    started = new CountDownLatch(3);
    List<ObjectRef<NodeId>> run =
        IntStream.range(0, 3)
            .mapToObj(
                i -> driver.task(PlacementGroupsClusterTest::block).in(group, i).cpus(2).submit())
            .toList();
    started.await();
    cluster.node(0).task(group::remove).cpus(0).submit().get();

    for (ObjectRef<NodeId> ref : run) {
      assertThatThrownBy(ref::get).isInstanceOf(PlacementGroupRemovedException.class);
    }
    PlacementGroup next =
        driver
            .placementGroup()
            .bundles(3, Resources.cpus(2))
            .strategy(STRICT_SPREAD)
            .create()
            .await(LIMIT);
    next.remove();
    allFree();
  }

  @Test
  void shouldCaptureChildrenOnOtherNodes() {
    PlacementGroup group =
        driver.placementGroup().bundle(Resources.cpus(2)).captureChildren().create().await(LIMIT);
    NodeId only = group.bundles().getFirst().node().orElseThrow();
    for (int i = 0; i < 10; i++) {
      assertThat(
              driver
                  .task(() -> Manta.current().submit(PlacementGroupsClusterTest::here).get())
                  .in(group)
                  .submit()
                  .get())
          .isEqualTo(only);
    }
  }

  @Test
  void shouldReserveAndFreeOneCpuManyTimesInARow() {
    for (int i = 0; i < 50; i++) {
      PlacementGroup group = driver.placementGroup().bundles(6, Resources.cpus(1)).create();
      group.await(LIMIT);
      group.remove();
    }
    allFree();
  }
}
