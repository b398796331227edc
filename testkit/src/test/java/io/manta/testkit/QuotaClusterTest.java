package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A job with a quota of 3 of the 6 cpus of three nodes, beside one without.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class QuotaClusterTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2);
  private static final Meter LIMITED = new Meter();
  private static final Meter OTHER = new Meter();
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  /// How many run at the same time. All nodes of these tests but one are in this process.
  private static final class Meter {
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    void enter() {
      most.accumulateAndGet(running.incrementAndGet(), Math::max);
    }

    void leave() {
      running.decrementAndGet();
    }

    void reset() {
      running.set(0);
      most.set(0);
    }
  }

  public static class Place extends RemoteActor {
    NodeId node() {
      return context().node();
    }
  }

  private LocalCluster cluster;
  private Manta limited;
  private Manta other;

  @BeforeEach
  void start() {
    cluster = LocalCluster.start(3, CONFIG);
    other = cluster.connect();
    limited = Manta.connect(other.config().withJobQuota(Resources.cpus(3)));
    LIMITED.reset();
    OTHER.reset();
    latch = new CountDownLatch(1);
  }

  @AfterEach
  void close() {
    latch.countDown();
    limited.close();
    other.close();
    cluster.close();
  }

  private static NodeId measured(Meter meter, int millis) throws InterruptedException {
    meter.enter();
    Thread.sleep(millis);
    meter.leave();
    return Manta.current().id();
  }

  private static NodeId limitedWork() throws InterruptedException {
    return measured(LIMITED, 20);
  }

  private static NodeId otherWork() throws InterruptedException {
    return measured(OTHER, 20);
  }

  private static List<ObjectRef<NodeId>> submit(int count, Manta manta, boolean isLimited) {
    var task =
        isLimited
            ? manta.task(QuotaClusterTest::limitedWork)
            : manta.task(QuotaClusterTest::otherWork);
    return IntStream.range(0, count).mapToObj(i -> task.submit()).toList();
  }

  private static int tree(int levels) throws InterruptedException {
    measured(LIMITED, 2);
    if (levels == 0) {
      return 1;
    }
    var children =
        IntStream.range(0, 3)
            .mapToObj(i -> Manta.current().task(() -> tree(levels - 1)).spread().submit())
            .toList();
    int sum = Manta.current().get(children).stream().mapToInt(i -> i).sum();
    measured(LIMITED, 2);
    return sum;
  }

  private static boolean block() throws InterruptedException {
    LIMITED.enter();
    latch.await();
    LIMITED.leave();
    return true;
  }

  private void blockThree() {
    var task = limited.task(QuotaClusterTest::block);
    for (int i = 0; i < 3; i++) {
      task.submit();
    }
    Eventually.isTrue("three run", LIMIT, limited, () -> LIMITED.running.get() == 3);
  }

  @Test
  void shouldUseNoMoreThanItsQuotaWhileAnotherJobTakesTheRest() {
    var work = new ArrayList<>(submit(300, limited, true));
    var others = submit(300, other, false);
    work.addAll(others);
    var nodes = new HashSet<NodeId>();
    work.forEach(ref -> nodes.add(ref.get(LIMIT)));

    assertThat(LIMITED.most).hasValue(3);
    assertThat(OTHER.most.get()).as("the rest, and more once there is more").isBetween(3, 6);
    assertThat(nodes).as("where they ran").hasSizeGreaterThan(1);
  }

  @Test
  void shouldNotDeadlockWhenParentsOnAllNodesWaitForTheirChildren() {
    List<ObjectRef<Integer>> trees =
        IntStream.range(0, 6).mapToObj(i -> limited.task(() -> tree(3)).spread().submit()).toList();

    trees.forEach(tree -> assertThat(tree.get(LIMIT)).isEqualTo(27));
    assertThat(LIMITED.most.get()).isBetween(2, 3);
  }

  @Test
  void shouldHoldNothingBackFromOtherJobsWhileItWaits() {
    blockThree();
    var waits = submit(50, limited, true);
    long start = System.nanoTime();
    submit(60, other, false).forEach(ref -> ref.get(LIMIT));

    assertThat(OTHER.most).as("all that is left").hasValue(3);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(limited.explain(waits.getFirst()))
        .get(InstanceOfAssertFactories.STRING)
        .contains("its job has 3 of 3 cpu of its quota in use");
    assertThat(other.pending())
        .as("as `manta pending` shows it")
        .anySatisfy(work -> assertThat(work.why()).contains("has 3 of 3 cpu of its quota in use"));
    latch.countDown();
    waits.forEach(ref -> ref.get(LIMIT));
    assertThat(LIMITED.most).hasValue(3);
  }

  @Test
  void shouldGiveANodeItsTurnWhoseWorkOthersOfTheJobKeepWaiting() {
    var many = submit(600, limited, true); // of the driver, by leases
    NodeId third = cluster.node(2).id();
    var parent =
        limited
            .task(
                () ->
                    Manta.current()
                        .task(QuotaClusterTest::limitedWork)
                        .onNode(third)
                        .submit()
                        .get())
            .onNode(third)
            .submit();

    assertThat(parent.get(LIMIT)).isEqualTo(third);
    assertThat(many.getLast().isDone()).as("it did not come last").isFalse();
    many.forEach(ref -> ref.get(LIMIT));
    assertThat(LIMITED.most).hasValue(3);
  }

  @Test
  void shouldCountActorsOnAllNodesAndTheirRestarts() {
    List<ActorHandle<Place>> actors =
        IntStream.range(0, 5)
            .mapToObj(i -> limited.actor(Place::new).cpus(1).maxRestarts(3).create())
            .toList();
    Eventually.isTrue("three live", LIMIT, limited, () -> freeCpus() == 3);
    submit(30, other, false).forEach(ref -> ref.get(LIMIT));
    assertThat(OTHER.most).hasValue(3);
    assertThat(alive()).isEqualTo(3);
    var places = actors.stream().map(actor -> actor.call(Place::node)).toList();
    NodeId victim = limited.await(places, 3, LIMIT).ready().getFirst().get();

    cluster.kill(
        cluster.nodes().stream()
            .filter(node -> node.id().equals(victim))
            .findFirst()
            .orElseThrow());

    Eventually.isTrue(
        "three live on two nodes", LIMIT, limited, () -> alive() == 3 && freeCpus() == 1);
    actors.stream().limit(2).forEach(ActorHandle::kill);
    Eventually.isTrue("the others live", LIMIT, limited, () -> alive() == 3);
    actors.stream()
        .skip(2)
        .forEach(actor -> assertThat(actor.call(Place::node).get(LIMIT)).isNotNull());
  }

  private double freeCpus() {
    return limited.availableResources().cpus();
  }

  private long alive() {
    return limited.actors(100).stream()
        .filter(actor -> actor.state() == io.manta.core.ActorInfo.State.ALIVE)
        .count();
  }

  @Test
  void shouldPlaceGroupsOnSeveralNodesWithinTheQuota() {
    var spread =
        limited
            .placementGroup()
            .bundles(2, Resources.cpus(1))
            .strategy(PlacementGroup.Strategy.STRICT_SPREAD);
    List<PlacementGroup> groups = IntStream.range(0, 4).mapToObj(i -> spread.create()).toList();
    Eventually.isTrue("one is placed", LIMIT, limited, () -> placed(groups) == 1);
    var task = submit(1, limited, true);
    assertThat(task.getFirst().get(LIMIT)).as("one is left").isNotNull();
    for (int removed = 0; removed < 4; removed++) {
      assertThat(freeCpus()).isGreaterThanOrEqualTo(3);
      PlacementGroup next =
          limited.placementGroups().stream()
              .filter(info -> info.state() == io.manta.core.PlacementGroupInfo.State.CREATED)
              .map(
                  info -> groups.stream().filter(group -> group.id().equals(info.id())).findFirst())
              .flatMap(java.util.Optional::stream)
              .findFirst()
              .orElseThrow();
      next.remove();
      int left = 3 - removed;
      Eventually.isTrue(
          "the next is placed", LIMIT, limited, () -> left == 0 || placed(groups) == 1);
    }
    Eventually.allFree(limited);
  }

  private long placed(List<PlacementGroup> groups) {
    return limited.placementGroups().stream()
        .filter(info -> info.state() == io.manta.core.PlacementGroupInfo.State.CREATED)
        .filter(info -> groups.stream().anyMatch(group -> group.id().equals(info.id())))
        .count();
  }

  @Test
  void shouldLimitDetachedActorsNoMoreOnceTheJobIsOver() {
    ActorHandle<Place> detached =
        limited.actor(Place::new).named("outlives").detached().cpus(1).maxRestarts(3).create();
    NodeId node = detached.call(Place::node).get(LIMIT);
    assertThatThrownBy(() -> limited.task(() -> 1).cpus(4).submit())
        .hasMessageContaining("(job-quota)");
    limited.close();

    cluster.kill(
        cluster.nodes().stream().filter(each -> each.id().equals(node)).findFirst().orElseThrow());

    ActorHandle<Place> found = other.find("outlives", Place.class).orElseThrow();
    assertThat(found.call(Place::node).get(LIMIT)).isNotEqualTo(node);
  }

  /// When one attempt of a task ran, by the clock that all processes of a host share.
  record Ran(NodeId node, long from, long to) {
    static int most(List<Ran> all) {
      return all.stream()
          .mapToInt(
              one -> (int) all.stream().filter(a -> a.from <= one.from && one.from < a.to).count())
          .max()
          .orElse(0);
    }
  }

  /// Keeps when attempts began, also those that a killed node never ends.
  public static class Begins extends RemoteActor {
    private final List<Ran> begun = new ArrayList<>();

    void begins(NodeId node, long from) {
      begun.add(new Ran(node, from, Long.MAX_VALUE));
    }

    List<Ran> on(NodeId node) {
      return begun.stream().filter(one -> one.node.equals(node)).toList();
    }
  }

  static Ran timed(ActorHandle<Begins> begins) throws InterruptedException {
    long from = System.nanoTime();
    NodeId node = Manta.current().id();
    begins.tell(actor -> actor.begins(node, from));
    Thread.sleep(50);
    return new Ran(node, from, System.nanoTime());
  }

  @Test
  void shouldUseThePartOfANodeThatIsKilledElsewhere() {
    try (var processes = ProcessCluster.start(3, CONFIG);
        var driver = Manta.connect(processes.connect().config().withJobQuota(Resources.cpus(3)))) {
      ActorHandle<Begins> begins =
          driver.actor(Begins::new).onNode(processes.node(0).id()).create();
      begins.call(actor -> actor.on(driver.id())).get(LIMIT);
      var task = driver.task(() -> timed(begins)).spread().retries(5);
      var refs = IntStream.range(0, 200).mapToObj(i -> task.submit()).toList();
      NodeId victim = processes.node(2).id();
      Eventually.isTrue(
          "some run there",
          LIMIT,
          driver,
          () -> begins.call(actor -> actor.on(victim)).get(LIMIT).size() > 2);

      long killed = System.nanoTime();
      processes.node(2).kill();

      var all = new ArrayList<Ran>();
      refs.forEach(ref -> all.add(ref.get(LIMIT)));
      var ended = List.copyOf(all);
      begins.call(actor -> actor.on(victim)).get(LIMIT).stream()
          .filter(one -> ended.stream().noneMatch(ran -> ran.from == one.from))
          .forEach(one -> all.add(new Ran(one.node, one.from, killed)));
      assertThat(Ran.most(all)).as("at the same time").isEqualTo(3);
      long later = killed + Duration.ofSeconds(2).toNanos();
      assertThat(Ran.most(all.stream().filter(ran -> ran.from > later).toList()))
          .as("once the death is known")
          .isEqualTo(3);
    }
  }
}
