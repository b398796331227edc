package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/// A job with a quota of 3 of the 6 cpus of three nodes, beside one without.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class QuotaClusterTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Meter LIMITED = new Meter();
  private static final Meter OTHER = new Meter();
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  /// How many run at the same time, of all nodes, which are in this process.
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

  private LocalCluster cluster;
  private Manta limited;
  private Manta other;

  @BeforeAll
  void start() {
    cluster = LocalCluster.start(3, MantaConfig.defaults().withCpus(2));
    other = cluster.connect();
  }

  @AfterAll
  void close() {
    other.close();
    cluster.close();
  }

  @BeforeEach
  void connect() {
    limited = Manta.connect(other.config().withJobQuota(Resources.cpus(3)));
    LIMITED.reset();
    OTHER.reset();
    latch = new CountDownLatch(1);
  }

  @AfterEach
  void disconnect() {
    latch.countDown();
    limited.close();
    Eventually.allFree(other);
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

  private double freeCpus() {
    return limited.availableResources().cpus();
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
              .filter(info -> info.state() == PlacementGroupInfo.State.CREATED)
              .map(
                  info -> groups.stream().filter(group -> group.id().equals(info.id())).findFirst())
              .flatMap(Optional::stream)
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
        .filter(info -> info.state() == PlacementGroupInfo.State.CREATED)
        .filter(info -> groups.stream().anyMatch(group -> group.id().equals(info.id())))
        .count();
  }
}
