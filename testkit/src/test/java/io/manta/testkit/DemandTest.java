package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ClusterDemand;
import io.manta.core.IdleNode;
import io.manta.core.InfeasibleException;
import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.ResourceDemand;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What waits and which nodes are idle, on a cluster of two.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class DemandTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration SOON = Duration.ofMillis(100);
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  private LocalCluster cluster;
  private Manta driver;

  @BeforeEach
  void start() {
    started = new CountDownLatch(1);
    latch = new CountDownLatch(1);
    cluster =
        LocalCluster.start(
            2, MantaConfig.defaults().withCpus(2).withSetting("infeasible-timeout", "2s", "test"));
    driver = cluster.connect();
  }

  @AfterEach
  void close() {
    latch.countDown();
    driver.close();
    cluster.close();
  }

  /// Takes one after the other.
  private static final class Looks implements Flow.Subscriber<ClusterDemand>, AutoCloseable {
    private final BlockingQueue<ClusterDemand> seen = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private volatile Flow.Subscription subscription;

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      given.request(1);
    }

    @Override
    public void onNext(ClusterDemand demand) {
      seen.add(demand);
      subscription.request(1);
    }

    @Override
    public void onError(Throwable failure) {
      ends.add(failure.toString());
    }

    @Override
    public void onComplete() {
      ends.add("complete");
    }

    ClusterDemand until(Predicate<ClusterDemand> holds) throws InterruptedException {
      ClusterDemand last = null;
      long end = System.nanoTime() + LIMIT.toNanos();
      while (System.nanoTime() < end) {
        ClusterDemand next = seen.poll(1, TimeUnit.SECONDS);
        if (next != null && holds.test(next)) {
          return next;
        }
        last = next == null ? last : next;
      }
      throw new AssertionError("it was at last " + last);
    }

    @Override
    public void close() {
      subscription.cancel();
    }
  }

  private Looks looks(List<NodeType> types) {
    var looks = new Looks();
    driver.demand(SOON, types).subscribe(looks);
    return looks;
  }

  private static boolean asks(ClusterDemand demand, double cpus, int count) {
    return demand.waiting().stream()
            .filter(work -> work.resources().equals(Resources.cpus(cpus)))
            .mapToInt(ResourceDemand::count)
            .sum()
        == count;
  }

  private Set<NodeId> nodes() {
    return Set.of(cluster.node(0).id(), cluster.node(1).id());
  }

  private static boolean areIdle(ClusterDemand demand, Set<NodeId> nodes) {
    return demand.idle().stream().map(IdleNode::node).toList().containsAll(nodes);
  }

  private static int block() throws InterruptedException {
    started.countDown();
    latch.await();
    return 1;
  }

  public static class Holder extends RemoteActor {
    private ObjectRef<String> own;

    NodeId node() {
      return Manta.current().id();
    }

    ObjectRef<String> put() {
      own = Manta.current().put("a value");
      return own;
    }
  }

  @Test
  void shouldTellOfTasksAndActorsThatWaitAndSayThatNodesAreIdleAfterwards() throws Exception {
    try (Looks looks = looks(List.of())) {
      looks.until(demand -> areIdle(demand, nodes()) && demand.waiting().isEmpty());
      List<ObjectRef<Integer>> run = List.of(blocking(), blocking());
      started.await();
      ObjectRef<Integer> waits = driver.task(() -> 2).cpus(2).where("!gone").submit();
      ActorHandle<Holder> actor = driver.actor(Holder::new).cpus(2).create();

      ClusterDemand demand = looks.until(now -> asks(now, 2, 2) && now.idle().isEmpty());
      assertThat(demand.waiting())
          .anySatisfy(
              work -> {
                assertThat(work).hasToString("1 × 2 cpu where !gone");
                assertThat(work.process()).isEqualTo(driver.id());
              });
      latch.countDown();
      assertThat(driver.get(run)).containsExactly(1, 1);
      assertThat(waits.get(LIMIT)).isEqualTo(2);
      NodeId home = actor.call(Holder::node).get(LIMIT);
      looks.until(now -> now.waiting().isEmpty() && !areIdle(now, Set.of(home)));
      actor.kill();
      looks.until(now -> areIdle(now, nodes()));
    }
  }

  private ObjectRef<Integer> blocking() {
    return driver.task(DemandTest::block).cpus(2).spread().submit();
  }

  @Test
  void shouldTellOfBundlesThatWait() throws Exception {
    try (Looks looks = looks(List.of());
        PlacementGroup apart =
            driver
                .placementGroup()
                .bundles(3, Resources.cpus(1))
                .strategy(PlacementGroup.Strategy.STRICT_SPREAD)
                .create();
        PlacementGroup together =
            driver
                .placementGroup()
                .bundles(3, Resources.cpus(1))
                .strategy(PlacementGroup.Strategy.STRICT_PACK)
                .create()) {
      ClusterDemand demand = looks.until(now -> asks(now, 1, 3) && asks(now, 3, 1));
      assertThat(demand.waiting())
          .filteredOn(work -> work.count() == 3)
          .singleElement()
          .satisfies(work -> assertThat(work.apart()).contains(apart.id()));
      together.remove();
      cluster.add();
      apart.await(LIMIT);
      looks.until(now -> now.waiting().isEmpty());
    }
  }

  @Test
  void shouldTellOfBundlesAllTheTimeThatTheyWait() throws Exception {
    List<ObjectRef<Integer>> run = List.of(blocking(), blocking());
    started.await();
    try (Looks looks = looks(List.of());
        PlacementGroup group = driver.placementGroup().bundles(2, Resources.cpus(2)).create()) {
      looks.until(now -> asks(now, 2, 2));
      for (int i = 0; i < 30; i++) { // while they have their turn at nodes, and while not
        assertThat(looks.until(now -> true).waiting()).hasSize(1);
      }
      latch.countDown();
      driver.get(run);
      group.await(LIMIT);
      looks.until(now -> now.waiting().isEmpty());
    }
  }

  @Test
  void shouldNotSayThatANodeIsIdleWhoseValuesAreInUse() throws Exception {
    NodeId home = cluster.node(1).id();
    ActorHandle<Holder> actor = driver.actor(Holder::new).onNode(home).create();
    ObjectRef<ObjectRef<String>> outer = actor.call(Holder::put);
    ObjectRef<String> inner = outer.get(LIMIT);
    actor.kill();

    try (Looks looks = looks(List.of())) {
      looks.until(now -> areIdle(now, Set.of(cluster.node(0).id())));
      ClusterDemand demand = looks.until(now -> true);
      assertThat(demand.idle()).extracting(IdleNode::node).doesNotContain(home);
      assertThat(inner.get(LIMIT)).isEqualTo("a value");
      inner.close();
      outer.close();
      looks.until(now -> areIdle(now, Set.of(home)));
    }
  }

  @Test
  void shouldNotGiveUpWhatANodeThatCanBeStartedCouldHold() throws Exception {
    var large = new NodeType("large", Resources.cpus(4), Map.of("zone", "eu"), 0, 2);
    try (Looks looks = looks(List.of(large))) {
      looks.until(now -> true);
      ObjectRef<Integer> fits = driver.task(() -> 4).cpus(4).where("zone = eu").submit();
      ActorHandle<Holder> actor = driver.actor(Holder::new).cpus(4).create();
      ObjectRef<Integer> never = driver.task(() -> 5).cpus(5).submit();

      assertThatThrownBy(() -> never.get(LIMIT)).isInstanceOf(InfeasibleException.class);
      assertThat(driver.explain(fits).orElseThrow())
          .contains("a node of type 'large' could be started for it");
      cluster.add(config -> config.withCpus(8).withLabels(Map.of("zone", "eu")));
      assertThat(fits.get(LIMIT)).isEqualTo(4);
      assertThat(actor.call(Holder::node).get(LIMIT)).isNotNull();
    }
  }

  @Test
  void shouldLookOnlyWhenAskedAndEndWithItsRuntime() throws Exception {
    Manta other = cluster.connect();
    var looks = new Looks();
    other.demand(SOON).subscribe(looks);
    looks.until(now -> true);
    other.close();

    assertThat(looks.ends.poll(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("complete");
    assertThatThrownBy(() -> driver.demand(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be 0 or more");
  }

  @Test
  void shouldRefuseARequestOfNothing() throws Exception {
    var wrong = new Looks();
    driver
        .demand(SOON)
        .subscribe(
            new Flow.Subscriber<>() {
              @Override
              public void onSubscribe(Flow.Subscription given) {
                given.request(0);
              }

              @Override
              public void onNext(ClusterDemand demand) {
                wrong.onNext(demand);
              }

              @Override
              public void onError(Throwable failure) {
                wrong.onError(failure);
              }

              @Override
              public void onComplete() {
                wrong.onComplete();
              }
            });

    assertThat(wrong.ends.poll(LIMIT.toSeconds(), TimeUnit.SECONDS))
        .contains("a request of 0 must be 1 or more");
    assertThat(wrong.seen).isEmpty();
  }
}
