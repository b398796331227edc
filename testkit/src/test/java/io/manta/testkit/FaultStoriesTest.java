package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.ActorHandle;
import io.manta.actors.DurableActor;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.DataSize;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/// A driver and three node processes, whose links fail, which stand still, are overloaded and are
/// killed. Each wait has a limit and says what for.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class FaultStoriesTest {
  private static final boolean LONG = Boolean.getBoolean("manta.long");

  private static final Duration SOON = Duration.ofSeconds(60);

  private static ProcessCluster cluster;
  private static Manta driver;

  private String phase = "starting";

  /// Each failure says in which phase it was.
  @RegisterExtension
  final TestExecutionExceptionHandler told =
      (test, failure) -> {
        throw new AssertionError(
            "%s: %s; %s".formatted(phase, failure.getMessage(), Eventually.describe(driver)),
            failure);
      };

  public static class Counter extends RemoteActor {
    private int count;

    public int add() {
      return ++count;
    }

    public NodeId where() {
      return context().node();
    }
  }

  public record Kept(int count) {}

  public record Added() implements DurableActor.Change<Kept> {
    @Override
    public Kept applyTo(Kept kept) {
      return new Kept(kept.count() + 1);
    }
  }

  public static class DurableCounter extends DurableActor<Kept> {
    public DurableCounter(String id) {
      super(id);
    }

    @Override
    protected Kept initialState() {
      return new Kept(0);
    }

    public int add() {
      persist(new Added());
      return state().count();
    }
  }

  @BeforeAll
  static void start() {
    cluster = ProcessCluster.startOnFaultyNetwork(3, MantaConfig.defaults().withCpus(2));
    driver = cluster.connect();
  }

  @AfterAll
  static void close() {
    driver.close();
    cluster.close();
  }

  /// Three nodes without a fault; those that ended are started again.
  @BeforeEach
  void heal() {
    cluster.network().heal();
    await(
        "three nodes are there",
        () -> {
          cluster.nodes().stream().filter(node -> !node.isRunning()).forEach(node -> node.start());
          return ids(driver).equals(running());
        });
  }

  private static Set<NodeId> running() {
    return cluster.nodes().stream().map(ProcessCluster.Node::id).collect(Collectors.toSet());
  }

  private static Set<NodeId> ids(Manta manta) {
    return manta.nodes().stream().map(NodeInfo::id).collect(Collectors.toSet());
  }

  private void await(String what, Eventually.Condition condition) {
    Eventually.isTrue(what, SOON, driver, condition);
  }

  /// What comes of it in time.
  private <T> T get(String what, ObjectRef<T> ref) {
    try {
      return ref.get(SOON);
    } catch (MantaException e) {
      throw new AssertionError(what + " failed: " + e, e);
    }
  }

  private static void pause(Duration duration) {
    LockSupport.parkNanos(duration.toNanos());
  }

  private ActorHandle<Counter> counterOn(ProcessCluster.Node node) {
    ActorHandle<Counter> counter =
        driver.actor(Counter::new).preferNode(node.id()).maxRestarts(5).create();
    assertThat(get("a counter on a node", counter.call(Counter::where))).isEqualTo(node.id());
    return counter;
  }

  /// Whether it answers where the node is not.
  private static boolean livesElsewhere(ActorHandle<Counter> counter, NodeId than) {
    try {
      return !counter.call(Counter::where).get(SOON).equals(than);
    } catch (ActorDiedException e) {
      return false; // it is on its way
    }
  }

  /// Tasks, tasks in tasks, values large and small, actors with names and with durable state.
  private void allWorks(String name) {
    List<ObjectRef<Integer>> squares =
        IntStream.range(0, 40).mapToObj(i -> driver.submit(() -> i * i)).toList();
    for (int i = 0; i < squares.size(); i++) {
      assertThat(get("a task", squares.get(i))).isEqualTo(i * i);
    }
    assertThat(get("a task in a task", driver.submit(() -> Manta.current().submit(() -> 7).get())))
        .isEqualTo(7);
    ObjectRef<int[]> large = driver.submit(() -> IntStream.range(0, 100_000).toArray());
    assertThat(get("a large value", driver.submit(() -> large.get()[99_999]))).isEqualTo(99_999);

    ActorHandle<Counter> counter = driver.actor(Counter::new).named(name).create();
    for (int i = 1; i <= 20; i++) {
      assertThat(get("a call", counter.call(Counter::add))).isEqualTo(i);
    }
    ActorHandle<Counter> found = driver.find(name, Counter.class).orElseThrow();
    assertThat(get("a call by name", found.call(Counter::add))).isEqualTo(21);
    ActorHandle<DurableCounter> durable = driver.actor(() -> new DurableCounter(name)).create();
    assertThat(get("a durable change", durable.call(DurableCounter::add))).isEqualTo(1);
    counter.kill();
    durable.kill();
  }

  @Test
  void shouldDoAllWorkWhenAllLinksAreSlow() {
    phase = "100 ms on all links";
    Set<NodeId> before = running();
    cluster.network().everywhere(LinkFault.delay(Duration.ofMillis(100)));
    allWorks("slow");
    assertThat(ids(driver)).isEqualTo(before);
  }

  @Test
  void shouldTakeNoNodeForDeadWhenLinksAreNarrowOrStall() {
    phase = "1 MB/s on all links";
    Set<NodeId> before = running();
    cluster.network().everywhere(LinkFault.bandwidth(DataSize.parse("1MB")));
    List<ObjectRef<byte[]>> values =
        IntStream.range(0, 60).mapToObj(i -> driver.submit(() -> new byte[60_000])).toList();
    allWorks("narrow");
    values.forEach(value -> assertThat(get("a value of 60 kB", value)).hasSize(60_000));
    cluster.network().heal();

    for (ProcessCluster.Node node : LONG ? cluster.nodes() : List.of(cluster.node(1))) {
      phase = "links of " + node.id() + " stall for 5 s";
      ActorHandle<Counter> counter = counterOn(node);
      cluster.network().around(node.place(), LinkFault.stall());
      ObjectRef<Integer> held = counter.call(Counter::add);
      pause(Duration.ofSeconds(5));
      cluster.network().heal();
      assertThat(get("the call that was held up", held)).isEqualTo(1);
      assertThat(get("the next call", counter.call(Counter::add))).isEqualTo(2);
      counter.kill();
    }
    assertThat(ids(driver)).isEqualTo(before);
    assertThat(cluster.nodes()).allMatch(ProcessCluster.Node::isRunning);
    assertThat(ids(driver)).isEqualTo(running());
  }

  @Test
  void shouldLoseNothingWhenADriverIsCutOffForLessThanItsGrace() {
    phase = "a driver is cut off";
    ActorHandle<Counter> counter = counterOn(cluster.node(2));
    List<ObjectRef<Integer>> tasks = submitSlow(20, 3_000);
    assertThat(get("a call before", counter.call(Counter::add))).isEqualTo(1);
    cluster.network().around(cluster.placeOf(driver), LinkFault.cut());
    List<ObjectRef<Integer>> calls =
        IntStream.range(0, 5).mapToObj(i -> counter.call(Counter::add)).toList();
    tasks = new ArrayList<>(tasks);
    tasks.addAll(submitSlow(20, 1));
    pause(Duration.ofSeconds(LONG ? 50 : 10));
    cluster.network().heal();

    phase = "the driver is back";
    for (int i = 0; i < calls.size(); i++) {
      assertThat(get("a call made meanwhile", calls.get(i))).isEqualTo(i + 2);
    }
    for (ObjectRef<Integer> task : tasks) {
      assertThat(get("a task", task)).isEqualTo(3);
    }
    assertThat(get("a call after", counter.call(Counter::add))).isEqualTo(7);
    counter.kill();
  }

  private static List<ObjectRef<Integer>> submitSlow(int count, long millis) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                driver
                    .task(
                        () -> {
                          Thread.sleep(millis);
                          return 3;
                        })
                    .cpus(0.1)
                    .retries(0)
                    .submit())
        .toList();
  }

  @Test
  @EnabledIfSystemProperty(
      named = "manta.long",
      matches = "true",
      disabledReason = "containers have the same story; run it by -Plong")
  void shouldEndTheSmallerPartAndMoveItsWorkWhenTheNetworkSplits() {
    phase = "a network that splits 2|1";
    ProcessCluster.Node lonely = cluster.node(2);
    NodeId id = lonely.id();
    ActorHandle<Counter> counter = counterOn(lonely);
    ObjectRef<Boolean> task =
        driver
            .task(
                () -> {
                  if (Manta.context().node().equals(id)) {
                    new CountDownLatch(1).await();
                  }
                  return true;
                })
            .preferNode(id)
            .submit();
    await("the task runs there", () -> Explained.runsOn(driver, task, id));

    for (ProcessCluster.Node other : List.of(cluster.node(0), cluster.node(1))) {
      cluster.network().between(lonely.place(), other.place(), LinkFault.cut());
    }
    await("the smaller part ends", () -> !lonely.isRunning());
    await("the driver sees the larger part", () -> ids(driver).size() == 2);
    assertThat(get("its task runs elsewhere", task)).isTrue();
    await("its actor lives elsewhere", () -> livesElsewhere(counter, id));
    allWorks("split");
    counter.kill();
  }

  @Test
  @EnabledIfSystemProperty(
      named = "manta.long",
      matches = "true",
      disabledReason = "containers have the same story; run it by -Plong")
  void shouldComeBackOrRestartCleanlyWhenItStoodStill() {
    phase = "a node stands still";
    ProcessCluster.Node node = cluster.node(1);
    NodeId before = node.id();
    ActorHandle<Counter> counter = counterOn(node);
    node.suspend();
    try {
      await("the others go on without it", () -> ids(driver).size() == 2);
      await("its actor lives elsewhere", () -> livesElsewhere(counter, before));
      allWorks("paused");
      pause(Duration.ofSeconds(LONG ? 20 : 0));
    } finally {
      node.resume();
    }
    phase = "a node that stood still goes on";
    await("it ends", () -> !node.isRunning());
    node.start();
    await("it is there again", () -> ids(driver).equals(running()));
    assertThat(livesElsewhere(counter, before)).isTrue();
    counterOn(node).kill();
    counter.kill();
  }

  @Test
  @Timeout(value = 45, unit = TimeUnit.MINUTES)
  void shouldTakeNoNodeForDeadWhenAllCoresAreBusyAndProcessesPause() {
    phase = "all cores are busy and processes pause";
    Set<NodeId> before = running();
    List<ActorHandle<Counter>> counters = cluster.nodes().stream().map(this::counterOn).toList();
    List<ObjectRef<Integer>> spinning =
        IntStream.range(0, 6).mapToObj(i -> driver.submit(FaultStoriesTest::spin)).toList();
    try {
      pauseInTurn(counters, before);
    } finally {
      spinning.forEach(ObjectRef::cancel);
      counters.forEach(ActorHandle::kill);
    }
    Eventually.allFree(driver);
    assertThat(ids(driver)).isEqualTo(before);
  }

  /// Each process for a second, after another.
  private void pauseInTurn(List<ActorHandle<Counter>> counters, Set<NodeId> before) {
    long end = System.nanoTime() + Duration.ofSeconds(LONG ? 1_800 : 8).toNanos();
    int round = 0;
    while (System.nanoTime() < end) {
      ProcessCluster.Node node = cluster.node(round % 3);
      node.suspend();
      pause(Duration.ofSeconds(1));
      node.resume();
      pause(Duration.ofMillis(300));
      round++;
      for (ActorHandle<Counter> counter : counters) {
        assertThat(get("a call", counter.call(Counter::add))).isEqualTo(round);
      }
      assertThat(ids(driver)).isEqualTo(before);
    }
  }

  private static int spin() {
    int count = 0;
    while (!Thread.currentThread().isInterrupted()) {
      count++;
    }
    return count;
  }

  /// The oldest node has what coordinates slots, and routers and names as others have.
  @Test
  void shouldKeepNamesAndPlaceNewWorkWhenTheOldestNodeIsKilled() {
    phase = "the oldest node is killed";
    ProcessCluster.Node oldest = cluster.node(0);
    List<ActorHandle<Counter>> named = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      named.add(driver.actor(Counter::new).named("old-" + i).maxRestarts(3).create());
      get("a named actor", named.getLast().call(Counter::add));
    }
    oldest.kill();

    for (int i = 0; i < 12; i++) {
      String name = "old-" + i;
      await(name + " is found", () -> driver.find(name, Counter.class).isPresent());
      ActorHandle<Counter> counter = driver.find(name, Counter.class).orElseThrow();
      await(name + " answers", () -> livesElsewhere(counter, oldest.id()));
    }
    ObjectRef<Integer> newShape = driver.task(() -> 11).cpus(0.125).submit();
    assertThat(get("a task of a new shape", newShape)).isEqualTo(11);
    allWorks("oldest");
    named.forEach(ActorHandle::kill);
  }

  /// That the older one is killed is a story of FailoverTest.
  @Test
  void shouldGoOnWhenTheYoungerOfTwoNodesIsKilled() {
    try (var two = ProcessCluster.start(2, MantaConfig.defaults().withCpus(2));
        var manta = two.connect()) {
      phase = "the younger of two nodes is killed";
      Eventually.isTrue("both are there", SOON, manta, () -> manta.nodes().size() == 2);
      NodeId doomed = two.node(1).id();
      ActorHandle<Counter> counter =
          manta.actor(Counter::new).preferNode(doomed).maxRestarts(3).create();
      get("a call", counter.call(Counter::add));
      two.node(1).kill();
      Eventually.isTrue(
          "its actor lives on the other", SOON, manta, () -> livesElsewhere(counter, doomed));
      assertThat(get("a task", manta.submit(() -> 5))).isEqualTo(5);
    }
  }
}
