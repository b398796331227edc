package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.ActorDiedException;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Placement groups, embedded on 4 cpus.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PlacementGroupsTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final AtomicInteger RUNNING = new AtomicInteger();
  private static final AtomicInteger MOST = new AtomicInteger();
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  private Manta manta;

  @BeforeEach
  void start() {
    manta =
        Manta.start(
            MantaConfig.defaults()
                .withResources(Resources.cpus(4).with("slot", 10))
                .withInfeasibleWarning(Duration.ofMillis(100))
                .withInfeasibleTimeout(Duration.ofSeconds(1)));
    started = new CountDownLatch(1);
    latch = new CountDownLatch(1);
    RUNNING.set(0);
    MOST.set(0);
  }

  @AfterEach
  void close() {
    latch.countDown();
    manta.close();
  }

  public static class Place extends RemoteActor {
    boolean isHere() {
      return true;
    }

    PlacementGroupInfo.State child() {
      return Manta.current().submit(() -> PlacementGroupInfo.State.CREATED).get();
    }
  }

  private PlacementGroup group(double... cpus) {
    PlacementGroupBuilder builder = manta.placementGroup();
    for (double amount : cpus) {
      builder = builder.bundle(Resources.cpus(amount));
    }
    return builder.create();
  }

  private double freeCpus() {
    return manta.availableResources().cpus();
  }

  private static void block() throws InterruptedException {
    started.countDown();
    latch.await();
  }

  private static int counted() throws InterruptedException {
    MOST.accumulateAndGet(RUNNING.incrementAndGet(), Math::max);
    Thread.sleep(2); // so that what may run together does
    return RUNNING.decrementAndGet();
  }

  @Test
  void shouldReserveItsBundlesUntilItIsRemoved() {
    PlacementGroup group = group(1, 2);
    assertThat(group.await(LIMIT)).isEqualTo(group);

    assertThat(freeCpus()).isEqualTo(1);
    assertThat(manta.clusterResources()).isEqualTo(Resources.cpus(4).with("slot", 10));
    assertThat(manta.nodes().getFirst().total().names()).containsExactly("cpu", "slot");
    assertThat(group.bundles()).allMatch(bundle -> bundle.node().equals(some(manta.id())));
    assertThat(group.bundles().get(1).bundle().resources()).isEqualTo(Resources.cpus(2));
    group.remove();
    assertThat(freeCpus()).isEqualTo(4);
    group.remove();
    assertThatThrownBy(() -> group.await(LIMIT)).isInstanceOf(PlacementGroupRemovedException.class);
    assertThatThrownBy(group::bundles).isInstanceOf(PlacementGroupRemovedException.class);
  }

  private static <T> java.util.Optional<T> some(T value) {
    return java.util.Optional.of(value);
  }

  @Test
  void shouldBeRemovedAtTheEndOfTryWithResources() {
    try (PlacementGroup group = group(3)) {
      group.await(LIMIT);
      assertThat(freeCpus()).isEqualTo(1);
    }
    assertThat(freeCpus()).isEqualTo(4);
  }

  @Test
  void shouldTellThatItIsReadyByAStage() {
    PlacementGroup group = group(1);
    assertThat(group.ready()).succeedsWithin(LIMIT).isEqualTo(group);
  }

  @Test
  void shouldWaitForRoomAndBePlacedWhenThereIs() throws Exception {
    var blocks = manta.task(PlacementGroupsTest::block).cpus(3).submit();
    started.await();
    PlacementGroup group = group(2);

    assertThatThrownBy(() -> group.await(Duration.ofMillis(50)))
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("placement group");
    assertThat(manta.placementGroups())
        .singleElement()
        .satisfies(
            info -> {
              assertThat(info.state()).isEqualTo(PlacementGroupInfo.State.PENDING);
              assertThat(info.pending().orElseThrow()).contains("bundle 0", "only 1 cpu free");
            });
    latch.countDown();
    blocks.get();
    group.await(LIMIT);
    assertThat(manta.placementGroups().getFirst().state())
        .isEqualTo(PlacementGroupInfo.State.CREATED);
    group.remove();
    assertThat(manta.placementGroups()).isEmpty();
  }

  @Test
  void shouldBePlacedBeforeSmallTasksThatWereSubmittedBeforeIt() {
    List<ObjectRef<Integer>> tasks =
        IntStream.range(0, 4000).mapToObj(i -> manta.submit(PlacementGroupsTest::counted)).toList();
    PlacementGroup group = group(2, 2).await(LIMIT);

    assertThat(tasks.getLast().isDone()).isFalse();
    group.remove();
    assertThat(manta.get(tasks)).hasSize(4000);
  }

  @Test
  void shouldRunTasksInItsBundlesAlthoughNothingElseIsFree() throws Exception {
    PlacementGroup group = group(1, 1);
    group.await(LIMIT);
    var blocks = manta.task(PlacementGroupsTest::block).cpus(2).submit();
    started.await();

    assertThat(manta.task(() -> 5).in(group).submit().get()).isEqualTo(5);
    assertThat(manta.task(() -> 6).in(group, 1).submit().get()).isEqualTo(6);
    assertThat(manta.task(() -> 7).in(group, 0).cpus(0).resource("slot", 0).submit().get())
        .isEqualTo(7);
    assertThat(manta.generator(emitter -> emitter.emit(8)).in(group, 1).submit().values())
        .containsExactly(8);
    ActorHandle<Place> actor = manta.actor(Place::new).in(group, 0).cpus(1).create();
    assertThat(actor.call(Place::isHere).get()).isTrue();
    latch.countDown();
    blocks.get();
  }

  @Test
  void shouldNeverRunMoreThanItsBundlesHold() {
    PlacementGroup group = group(1, 2);
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 60)
            .mapToObj(
                i ->
                    i % 3 == 0
                        ? manta.task(PlacementGroupsTest::counted).in(group).submit()
                        : manta.task(PlacementGroupsTest::counted).in(group, i % 2).submit())
            .toList();

    manta.get(refs);
    assertThat(MOST.get()).isLessThanOrEqualTo(3);
    await().untilAsserted(() -> assertThat(freeCpus()).isEqualTo(1));
  }

  @Test
  void shouldHaveTasksWaitUntilItIsPlaced() throws Exception {
    var blocks = manta.task(PlacementGroupsTest::block).cpus(4).submit();
    started.await();
    PlacementGroup group = manta.placementGroup().bundle(Resources.cpus(1)).named("late").create();
    ObjectRef<Integer> waits = manta.task(() -> 5).in(group, 0).submit();
    ActorHandle<Place> actor = manta.actor(Place::new).in(group).create();
    ObjectRef<Boolean> call = actor.call(Place::isHere);

    assertThat(manta.explain(waits).orElseThrow())
        .contains("1 cpu of bundle 0 of placement group late", "which is not placed", "cpu free")
        .doesNotContain("@" + Long.toString(group.id().owner().value(), 36) + ".");
    latch.countDown();
    blocks.get();
    assertThat(waits.get()).isEqualTo(5);
    assertThat(call.get()).isTrue();
  }

  @Test
  void shouldRefuseAtOnceWhatNoBundleCouldEverHold() {
    PlacementGroup group =
        manta
            .placementGroup()
            .bundles(2, Resources.cpus(1))
            .bundle(Resources.NONE.with("slot", 3))
            .named("trial")
            .create();

    assertThatThrownBy(() -> manta.task(() -> 5).in(group).cpus(2).submit())
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("no bundle of placement group trial can ever hold 2 cpu")
        .hasMessageContaining("bundles 0 to 1 of 1 cpu each, bundle 2 of 3 slot");
    assertThatThrownBy(() -> manta.task(() -> 5).in(group, 2).submit())
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("bundle 2 of placement group trial has 3 slot and can never hold");
    assertThatThrownBy(() -> manta.actor(Place::new).in(group, 0).cpus(3).create())
        .isInstanceOf(InfeasibleException.class);
    assertThatThrownBy(() -> manta.task(() -> 5).in(group, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has no bundle 3");
    assertThat(manta.task(() -> 5).in(group, 2).cpus(0).resource("slot", 1).submit().get())
        .isEqualTo(5);
  }

  @Test
  void shouldGiveUpWhatNoNodesCouldEverHold() {
    PlacementGroup group = group(3, 3);
    ObjectRef<Integer> task = manta.task(() -> 5).in(group).submit();

    assertThatThrownBy(() -> group.await(LIMIT))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("no nodes can ever hold it");
    assertThatThrownBy(task::get).isInstanceOf(InfeasibleException.class);
    assertThatThrownBy(() -> manta.task(() -> 5).in(group).submit())
        .isInstanceOf(InfeasibleException.class);
    assertThat(manta.placementGroups()).isEmpty();
  }

  @Test
  void shouldEndWhatIsInItWhenItIsRemoved() throws Exception {
    PlacementGroup group = manta.placementGroup().bundle(Resources.cpus(2)).named("old").create();
    group.await(LIMIT);
    ActorHandle<Place> actor = manta.actor(Place::new).in(group).cpus(1).maxRestarts(3).create();
    actor.call(Place::isHere).get();
    var runs = manta.task(PlacementGroupsTest::block).in(group).submit();
    started.await();
    ObjectRef<Integer> waits = manta.task(() -> 5).in(group, 0).submit();
    ActorHandle<Place> pending = manta.actor(Place::new).in(group).create();
    ObjectRef<Boolean> call = pending.call(Place::isHere);

    group.remove();
    assertThat(freeCpus()).isEqualTo(4);
    assertThatThrownBy(waits::get)
        .isInstanceOf(PlacementGroupRemovedException.class)
        .hasMessageContaining("placement group old was removed");
    assertThatThrownBy(runs::get).isInstanceOf(PlacementGroupRemovedException.class);
    assertThatThrownBy(() -> actor.call(Place::isHere).get())
        .isInstanceOfSatisfying(
            ActorDiedException.class,
            died -> assertThat(died.reason()).isEqualTo(ActorDiedException.Reason.RESOURCES_GONE));
    assertThatThrownBy(call::get).isInstanceOf(ActorDiedException.class);
    assertThatThrownBy(() -> manta.task(() -> 5).in(group).submit())
        .isInstanceOf(PlacementGroupRemovedException.class);
    assertThat(manta.task(() -> 6).cpus(4).submit().get()).isEqualTo(6);
    assertThat(freeCpus()).isLessThanOrEqualTo(4);
  }

  private static int waitsFor(ObjectRef<Integer> value) {
    started.countDown();
    return value.get();
  }

  @Test
  void shouldNotHangATaskThatWaitsForAValueWhenItsGroupIsRemoved() throws Exception {
    PlacementGroup group = group(1);
    group.await(LIMIT);
    ObjectRef<Integer> value =
        manta
            .task(
                () -> {
                  latch.await();
                  return 5;
                })
            .submit();
    var holder = List.of(List.of(value)); // not a dependency
    ObjectRef<Integer> waits =
        manta.task(() -> waitsFor(holder.getFirst().getFirst())).in(group).submit();
    started.await();
    group.remove();

    assertThatThrownBy(waits::get).isInstanceOf(PlacementGroupRemovedException.class);
    latch.countDown();
    await()
        .untilAsserted(
            () -> assertThat(manta.availableResources()).isEqualTo(manta.clusterResources()));
  }

  @Test
  void shouldCaptureChildrenOnlyWhenItSaysSo() throws Exception {
    PlacementGroup captures =
        manta.placementGroup().bundle(Resources.cpus(1)).captureChildren().create();
    PlacementGroup plain = group(1);
    captures.await(LIMIT);
    plain.await(LIMIT);
    var blocks = manta.task(PlacementGroupsTest::block).cpus(2).submit();
    started.await();

    assertThat(manta.task(() -> Manta.current().submit(() -> 5).get()).in(captures).submit().get())
        .isEqualTo(5);
    ActorHandle<Place> actor = manta.actor(Place::new).in(captures).create();
    assertThat(actor.call(Place::child).get()).isEqualTo(PlacementGroupInfo.State.CREATED);
    ObjectRef<Integer> outside =
        manta
            .task(() -> Manta.current().task(() -> 6).inNoGroup().submit().get())
            .in(captures)
            .submit();
    ObjectRef<Integer> uncaptured =
        manta.task(() -> Manta.current().submit(() -> 7).get()).in(plain).submit();
    assertThatThrownBy(() -> outside.get(Duration.ofMillis(50)))
        .isInstanceOf(GetTimeoutException.class);
    assertThatThrownBy(() -> uncaptured.get(Duration.ofMillis(50)))
        .isInstanceOf(GetTimeoutException.class);
    latch.countDown();
    blocks.get();
    assertThat(outside.get()).isEqualTo(6);
    assertThat(uncaptured.get()).isEqualTo(7);
  }

  @Test
  void shouldBeFoundByItsNameWhichNoOtherMayTake() {
    PlacementGroup group = manta.placementGroup().bundle(Resources.cpus(1)).named("one").create();
    PlacementGroup second = manta.placementGroup().bundle(Resources.cpus(1)).named("one").create();

    assertThat(manta.findPlacementGroup("one")).contains(group);
    assertThat(manta.findPlacementGroup("two")).isEmpty();
    assertThatThrownBy(() -> second.await(LIMIT))
        .isInstanceOf(PlacementGroupRemovedException.class)
        .hasMessageContaining("the name 'one' is taken by " + group.id());
    PlacementGroup found = manta.findPlacementGroup("one").orElseThrow();
    assertThat(manta.task(() -> 5).in(found, 0).submit().get()).isEqualTo(5);
    found.remove();
    assertThat(manta.findPlacementGroup("one")).isEmpty();
    manta.placementGroup().bundle(Resources.cpus(1)).named("one").create().await(LIMIT);
  }

  @Test
  void shouldTravelInClosures() {
    PlacementGroup group = manta.placementGroup().bundle(Resources.cpus(1)).named("it").create();
    assertThat(
            manta
                .task(
                    () -> {
                      group.await(LIMIT);
                      int inside = Manta.current().task(() -> 5).in(group, 0).submit().get();
                      group.remove();
                      return inside;
                    })
                .submit()
                .get())
        .isEqualTo(5);
    assertThat(freeCpus()).isGreaterThanOrEqualTo(3);
    assertThat(manta.placementGroups()).isEmpty();
  }

  @Test
  void shouldReserveAndFreeManyTimesInARow() {
    for (int i = 0; i < 2000; i++) {
      PlacementGroup group = group(4);
      group.await(Duration.ZERO);
      group.remove();
    }
    assertThat(freeCpus()).isEqualTo(4);
  }

  @Test
  void shouldRefuseGroupsAndBundlesOfNothing() {
    assertThatThrownBy(() -> manta.placementGroup().create())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at least one bundle");
    assertThatThrownBy(() -> manta.placementGroup().bundle(Resources.NONE))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> manta.placementGroup().bundles(0, Resources.cpus(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> manta.placementGroup().named(" "))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Resources.cpus(1).with("cpu@x", 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldBeUsableOnlyByTheNodeOfAnIsolatedTask() {
    PlacementGroup group = group(2);
    assertThat(
            manta
                .task(() -> Manta.current().task(() -> 5).in(group, 0).submit().get())
                .isolated()
                .in(group, 0)
                .submit()
                .get())
        .isEqualTo(5);
    assertThatThrownBy(
            () -> manta.task(() -> Manta.current().placementGroups()).isolated().submit().get())
        .hasMessageContaining("not possible inside an isolated task");
  }
}
