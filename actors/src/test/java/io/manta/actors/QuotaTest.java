package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.ClusterDemand;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.ObjectRef;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A job with a quota of 3 of the 8 cpus of an embedded node.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class QuotaTest {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String ALL_IN_USE = "its job has 3 of 3 cpu of its quota in use";
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
                .withResources(Resources.cpus(8).with("slot", 10))
                .withJobQuota(Resources.cpus(3)));
    started = new CountDownLatch(3);
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
  }

  private static void entered() {
    MOST.accumulateAndGet(RUNNING.incrementAndGet(), Math::max);
  }

  private static int counted() throws InterruptedException {
    entered();
    Thread.sleep(2); // so that what may run together does
    return RUNNING.decrementAndGet();
  }

  private static void block() throws InterruptedException {
    started.countDown();
    latch.await();
  }

  private List<ObjectRef<Object>> threeBlock() throws InterruptedException {
    var blocking = manta.task(QuotaTest::blocked);
    List<ObjectRef<Object>> refs = IntStream.range(0, 3).mapToObj(i -> blocking.submit()).toList();
    started.await();
    return refs;
  }

  private static Object blocked() throws InterruptedException {
    block();
    return true;
  }

  /// The sum of so many levels of tasks, each of which waits for two of the next.
  private static int tree(int levels) throws InterruptedException {
    entered();
    Thread.sleep(1);
    RUNNING.decrementAndGet();
    if (levels == 0) {
      return 1;
    }
    var left = Manta.current().submit(() -> tree(levels - 1));
    var right = Manta.current().submit(() -> tree(levels - 1));
    int sum = Manta.current().get(List.of(left, right)).stream().mapToInt(i -> i).sum();
    entered();
    Thread.sleep(1);
    RUNNING.decrementAndGet();
    return sum;
  }

  @Test
  void shouldRunNoMoreTasksThanTheQuotaHasRoomFor() {
    var task = manta.task(QuotaTest::counted);
    var refs = IntStream.range(0, 300).mapToObj(i -> task.submit()).toList();
    manta.get(refs);

    assertThat(MOST).hasValue(3);
  }

  @Test
  void shouldNotLimitWhatTheQuotaDoesNotName() {
    var task = manta.task(QuotaTest::counted).cpus(0).resource("slot", 2);
    manta.get(IntStream.range(0, 100).mapToObj(i -> task.submit()).toList());

    assertThat(MOST).hasValue(5);
  }

  @Test
  void shouldGiveItsPartBackWhileATaskWaitsForOthers() {
    assertThat(manta.submit(() -> tree(7)).get(LIMIT)).isEqualTo(128);

    assertThat(MOST.get()).isBetween(2, 3);
  }

  @Test
  void shouldCountActorsAsLongAsTheyLive() {
    List<ActorHandle<Place>> actors =
        IntStream.range(0, 4).mapToObj(i -> manta.actor(Place::new).cpus(1).create()).toList();
    for (int i = 0; i < 3; i++) {
      assertThat(actors.get(i).call(Place::isHere).get(LIMIT)).isTrue();
    }
    var waits = actors.get(3).call(Place::isHere);
    assertThatThrownBy(() -> waits.get(Duration.ofMillis(300))).hasMessageContaining(ALL_IN_USE);

    actors.get(1).kill();

    assertThat(waits.get(LIMIT)).isTrue();
    assertThat(manta.availableResources().cpus()).isEqualTo(5);
  }

  @Test
  void shouldCountTheBundlesOfPlacementGroupsAndNotWhatIsInThem() {
    var first = manta.placementGroup().bundle(Resources.cpus(1)).bundle(Resources.cpus(1)).create();
    first.await(LIMIT);
    PlacementGroup second = manta.placementGroup().bundle(Resources.cpus(2)).create();
    var inside = manta.task(QuotaTest::counted).in(first);
    manta.get(IntStream.range(0, 50).mapToObj(i -> inside.submit()).toList());
    assertThat(MOST).hasValue(2);
    assertThatThrownBy(() -> second.await(Duration.ofMillis(500)))
        .isInstanceOf(GetTimeoutException.class);
    assertThat(manta.pending())
        .singleElement()
        .satisfies(
            work ->
                assertThat(work.why())
                    .contains("it asks for 2 cpu, and its job has 2 of 3 cpu of its quota in use"));
    assertThat(manta.submit(() -> 1).get(LIMIT)).as("there is one left").isEqualTo(1);

    first.remove();

    second.await(LIMIT);
    second.remove();
    manta.placementGroup().bundle(Resources.cpus(3)).create().await(LIMIT);
  }

  @Test
  void shouldRefuseAtOnceWhatAsksForMoreThanTheQuota() {
    assertThatThrownBy(() -> manta.task(() -> 1).cpus(4).submit())
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("asks for 4 cpu")
        .hasMessageContaining("the quota of its job is 3 cpu (job-quota)");
    assertThatThrownBy(() -> manta.actor(Place::new).cpus(3.5).create())
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("3.5 cpu");
    assertThatThrownBy(() -> manta.placementGroup().bundles(4, Resources.cpus(1)).create())
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("4 cpu");
    var nested = manta.submit(() -> Manta.current().task(() -> 1).cpus(4).submit().get());
    assertThatThrownBy(() -> nested.get(LIMIT)).hasMessageContaining("(job-quota)");
  }

  @Test
  void shouldSayThatWorkWaitsForTheQuotaAndNotForNodes() throws Exception {
    var blocking = threeBlock();
    var waits = manta.submit(() -> 1);

    assertThat(manta.explain(waits))
        .get(InstanceOfAssertFactories.STRING)
        .contains("it asks for 1 cpu, and " + ALL_IN_USE);
    assertThat(manta.pending())
        .singleElement()
        .satisfies(work -> assertThat(work.why()).contains(ALL_IN_USE));
    assertThat(demand().waiting()).as("more nodes would not help").isEmpty();
    latch.countDown();
    assertThat(waits.get(LIMIT)).isEqualTo(1);
    manta.get(blocking);
  }

  private ClusterDemand demand() {
    var first = new CompletableFuture<ClusterDemand>();
    manta
        .demand(Duration.ofMillis(100), List.of())
        .subscribe(
            new Flow.Subscriber<>() {
              private Flow.Subscription subscription;

              @Override
              public void onSubscribe(Flow.Subscription asked) {
                subscription = asked;
                asked.request(1);
              }

              @Override
              public void onNext(ClusterDemand demand) {
                first.complete(demand);
                subscription.cancel();
              }

              @Override
              public void onError(Throwable failure) {
                first.completeExceptionally(failure);
              }

              @Override
              public void onComplete() {}
            });
    return first.join();
  }

  @Test
  void shouldGiveBackWhatIsCancelledOrFails() throws Exception {
    var blocking = threeBlock();
    blocking.forEach(ObjectRef::cancel);
    var fails =
        manta.task(
            () -> {
              throw new IllegalStateException("no");
            });
    List<ObjectRef<Object>> failed =
        IntStream.range(0, 20).<ObjectRef<Object>>mapToObj(i -> fails.submit()).toList();
    failed.forEach(ref -> assertThatThrownBy(ref::get).hasMessageContaining("no"));

    assertThat(manta.task(() -> 1).cpus(3).submit().get(LIMIT)).isEqualTo(1);
    await().until(() -> manta.availableResources().cpus() == 8);
  }

  @Test
  void shouldReadAQuota() {
    MantaConfig config =
        MantaConfig.defaults()
            .withSetting("job-quota", "cpu=8, memory=16GiB, gpu=0.5, tokens=2", "a test");
    Resources quota =
        Resources.cpus(8)
            .with(Resources.MEMORY, 16L << 30)
            .with(Resources.GPU, 0.5)
            .with("tokens", 2);

    assertThat(config.jobQuota()).isEqualTo(quota);
    assertThat(
            MantaConfig.defaults()
                .withSetting("job-quota", config.toSettings().get("job-quota"), "a test"))
        .isEqualTo(MantaConfig.defaults().withJobQuota(quota));
    assertThatThrownBy(() -> config.withSetting("job-quota", "cpus=8", "a test"))
        .hasMessageContaining("the name of the resource is 'cpu', not 'cpus'");
    assertThatThrownBy(() -> config.withSetting("job-quota", "gpu=0", "a test"))
        .hasMessageContaining("0 of 'gpu' can't be a quota");
    assertThatThrownBy(() -> config.withSetting("job-quota", "8", "a test"))
        .hasMessageContaining("name=amount");
  }

  /// Both have their turn though the next of the long line could always take over.
  @Test
  void shouldNotStarveWhatAsksForMoreOfTheQuotaOrIsMoreUrgent() {
    List<ObjectRef<Integer>> small =
        IntStream.range(0, 6_000).mapToObj(i -> manta.submit(QuotaTest::counted)).toList();
    ObjectRef<Integer> urgent = manta.task(QuotaTest::counted).priority(100).submit();
    ObjectRef<Integer> large = manta.task(QuotaTest::counted).cpus(3).submit();

    urgent.get(LIMIT);
    large.get(LIMIT);

    assertThat(small.getLast().isDone()).isFalse();
    assertThat(MOST).hasValue(3);
  }
}
