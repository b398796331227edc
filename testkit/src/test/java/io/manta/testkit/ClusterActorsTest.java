package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorBuilder;
import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.Movable;
import io.manta.actors.RemoteActor;
import io.manta.actors.internal.DetachedRecords;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorInfo;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.RefStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Actors of a driver on nodes of one JVM.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterActorsTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  private LocalCluster cluster;
  private Manta manta;

  static class Counter extends RemoteActor {
    private final List<Integer> seen = new ArrayList<>();

    NodeId node() {
      return context().node();
    }

    int incarnation() {
      return context().incarnation();
    }

    int add(int number) {
      seen.add(number);
      return seen.size();
    }

    List<Integer> seen() {
      return List.copyOf(seen);
    }

    boolean rest(int millis) {
      LockSupport.parkNanos(millis * 1_000_000L);
      return true;
    }

    void count(int to, io.manta.core.Emitter<Integer> emitter) {
      for (int i = 0; i < to; i++) {
        emitter.emit(i);
      }
    }

    ActorHandle<Counter> child() {
      return context().manta().actor(Counter::new).create();
    }

    void leave() {
      context().exit();
    }
  }

  static class Keeper extends Counter implements Movable<List<Integer>> {
    @Override
    public List<Integer> handOver() {
      return seen();
    }

    @Override
    public void takeOver(List<Integer> state) {
      state.forEach(this::add);
    }
  }

  interface Counting {
    java.util.concurrent.CompletionStage<Integer> add(int number);
  }

  @BeforeEach
  void start() {
    cluster = LocalCluster.start(2, MantaConfig.defaults().withCpus(2));
    manta = cluster.connect();
  }

  @AfterEach
  void close() {
    manta.close();
    cluster.close();
  }

  private static Reason reason(ActorHandle<?> actor) throws Exception {
    return actor.whenDead().toCompletableFuture().get(30, TimeUnit.SECONDS).reason();
  }

  private static List<Integer> numbers(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  @Test
  void shouldStreamAcrossNodes() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    try (RefStream<Integer> numbers = counter.stream((actor, out) -> actor.count(500, out), 16)) {
      assertThat(numbers.values().toList()).isEqualTo(numbers(500));
    }
  }

  @Test
  void shouldTellWhyAnActorOfAnotherProcessDied() throws Exception {
    ActorHandle<Counter> counter = manta.actor(Counter::new).named("counter").create();
    counter.call(Counter::node).get(SOON);
    ActorHandle<Counter> found = cluster.node(0).find("counter", Counter.class).orElseThrow();
    var dead = found.whenDead().toCompletableFuture();
    counter.run(Counter::leave).get(SOON);
    assertThat(dead.get(30, TimeUnit.SECONDS).reason()).isEqualTo(Reason.EXITED);
  }

  @Test
  void shouldMakeOneActorOfANameForAllThatAskForIt() {
    var handles = new ArrayList<ActorHandle<Counter>>();
    for (Manta process : List.of(manta, cluster.node(0), cluster.node(1))) {
      handles.add(process.actor(Counter::new).named("one").getIfExists().create());
    }
    assertThat(handles).containsOnly(handles.getFirst());
    assertThat(handles.get(1).as(Counting.class).add(1).toCompletableFuture().join()).isEqualTo(1);
    assertThat(handles.get(2).as(Counting.class).add(1).toCompletableFuture().join()).isEqualTo(2);
  }

  @Test
  void shouldEndAStartOnAnotherNodeThatTakesLongerThanItMay() throws Exception {
    for (boolean detached : List.of(false, true)) {
      ActorBuilder<Counter> slow =
          manta
              .actor(
                  () -> {
                    new CountDownLatch(1).await();
                    return new Counter();
                  })
              .startTimeout(Duration.ofMillis(200));
      ActorHandle<Counter> stuck = (detached ? slow.detached() : slow).create();
      assertThat(stuck.whenDead().toCompletableFuture().get(30, TimeUnit.SECONDS))
          .hasMessageContaining("within its startTimeout of 200 ms: it is at ")
          .extracting(ActorDiedException::reason)
          .isEqualTo(Reason.CONSTRUCTOR_FAILED);
    }
  }

  @Test
  void shouldRefuseToListFewerThanOneActor() {
    assertThatThrownBy(() -> manta.actors(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a limit of -1 actors must be 1 or more");
    assertThat(manta.submit(() -> 1).get(SOON)).isEqualTo(1);
  }

  @Test
  void shouldBoundThePendingCallsOfEveryProcess() {
    ActorHandle<Counter> counter =
        manta.actor(Counter::new).named("counter").maxPendingCalls(2).create();
    assertThat(counter.call(Counter::node).get(SOON)).isNotNull(); // it has its name by then
    ActorHandle<Counter> found = cluster.node(0).find("counter", Counter.class).orElseThrow();
    found.call(Counter::node).get(SOON); // hears of the limit
    found.call(actor -> actor.rest(1_000));
    found.call(actor -> actor.rest(1_000));
    assertThatThrownBy(() -> found.call(Counter::node))
        .isInstanceOf(PendingCallsLimitExceededException.class)
        .hasMessageContaining("2 pending calls");
  }

  @Test
  void shouldEndChildrenOnOtherNodesWithTheirParent() throws Exception {
    ActorHandle<Counter> parent = manta.actor(Counter::new).create();
    var children = new ArrayList<ActorHandle<Counter>>();
    for (int i = 0; i < 4; i++) {
      children.add(parent.call(Counter::child).get(SOON));
    }
    for (ActorHandle<Counter> child : children) {
      child.call(Counter::node).get(SOON);
    }
    parent.kill();
    for (ActorHandle<Counter> child : children) {
      assertThat(reason(child)).isEqualTo(Reason.STOPPED);
    }
  }

  @Test
  void shouldHandOverStateAndCallsWhenItIsMoved() throws Exception {
    var keepers = new ArrayList<ActorHandle<Keeper>>();
    for (int i = 0; i < 4; i++) {
      keepers.add(manta.actor(Keeper::new).onNode(cluster.node(0).id()).create());
    }
    keepers.forEach(
        keeper -> assertThat(keeper.call(Counter::node).get(SOON)).isEqualTo(cluster.node(0).id()));
    assertThat(manta.rebalance().toCompletableFuture().get(30, TimeUnit.SECONDS)).isZero();
    keepers.forEach(ActorHandle::kill);

    keepers.clear();
    for (int i = 0; i < 8; i++) {
      keepers.add(manta.actor(Keeper::new).create());
    }
    keepers.forEach(keeper -> keeper.call(Counter::node).get(SOON));
    Manta third = cluster.add();
    await().until(() -> manta.nodes().size() == 3);
    assertThat(keepers)
        .noneMatch(keeper -> keeper.call(Counter::node).get(SOON).equals(third.id()));

    var answers = new ArrayList<ObjectRef<Integer>>();
    ActorHandle<Keeper> foreign = keepers.getFirst();
    for (int i = 0; i < 100; i++) {
      int number = i;
      keepers.forEach(keeper -> answers.add(keeper.call(actor -> actor.add(number))));
    }
    keepers.forEach(keeper -> keeper.call(actor -> actor.rest(200)));
    var moved = manta.rebalance().toCompletableFuture();
    for (int i = 100; i < 300; i++) {
      int number = i;
      keepers.forEach(keeper -> answers.add(keeper.call(actor -> actor.add(number))));
      LockSupport.parkNanos(2_000_000);
    }
    // five if all eight were on one node: no more than it takes for three, three and two
    assertThat(moved.get(60, TimeUnit.SECONDS)).isBetween(1, 5);
    manta.get(answers);
    for (ActorHandle<Keeper> keeper : keepers) {
      assertThat(keeper.call(Counter::seen).get(SOON)).isEqualTo(numbers(300));
    }
    assertThat(keepers).anyMatch(keeper -> keeper.call(Counter::node).get(SOON).equals(third.id()));
    assertThat(foreign.call(actor -> actor.incarnation()).get(SOON)).isBetween(1, 2);
  }

  @Test
  void shouldListActorsWithTheirStates() throws Exception {
    ActorHandle<Counter> living = manta.actor(Counter::new).named("living").create();
    NodeId node = living.call(Counter::node).get(SOON);
    ActorHandle<Counter> dead = manta.actor(Counter::new).named("dead").create();
    dead.kill();
    reason(dead);
    ActorHandle<Counter> pending = manta.actor(Counter::new).cpus(64).named("pending").create();
    living.call(actor -> actor.rest(30_000));
    pending.call(Counter::node);
    for (Manta process : List.of(manta, cluster.node(1))) {
      List<ActorInfo> all = process.actors(100);
      assertThat(all)
          .anySatisfy(
              info -> {
                assertThat(info.id()).isEqualTo(living.id());
                assertThat(info.state()).isEqualTo(ActorInfo.State.ALIVE);
                assertThat(info.type()).isEqualTo("Counter");
                assertThat(info.node()).contains(node);
                assertThat(info.pendingCalls()).isEqualTo(1);
              })
          .anySatisfy(
              info -> {
                assertThat(info.id()).isEqualTo(dead.id());
                assertThat(info.state()).isEqualTo(ActorInfo.State.DEAD);
                assertThat(info.type()).isEqualTo("Counter");
                assertThat(info.death().orElseThrow()).contains("killed");
              })
          .anySatisfy(
              info -> {
                assertThat(info.id()).isEqualTo(pending.id());
                assertThat(info.state()).isEqualTo(ActorInfo.State.PENDING);
                assertThat(info.type()).isEqualTo("Counter");
                assertThat(info.pendingCalls()).isEqualTo(1);
              });
    }
  }

  @Test
  void shouldLetADetachedActorOutliveItsCreator() throws Exception {
    Manta creator = cluster.connect();
    ActorHandle<Counter> made =
        creator.actor(Counter::new).named("lasting").maxRestarts(5).detached().create();
    assertThat(made.call(actor -> actor.add(1)).get(SOON)).isEqualTo(1);
    ActorHandle<Counter> found = manta.find("lasting", Counter.class).orElseThrow();
    assertThat(found.call(actor -> actor.add(2)).get(SOON)).isEqualTo(2);
    creator.close();
    await().until(() -> manta.actors(100).stream().anyMatch(info -> info.id().equals(made.id())));
    assertThat(found.call(actor -> actor.add(3)).get(SOON)).isEqualTo(3);
    assertThat(manta.find("lasting", Counter.class)).contains(found);

    NodeId node = found.call(Counter::node).get(SOON);
    cluster.nodes().stream().filter(other -> other.id().equals(node)).forEach(Manta::close);
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(ActorDiedException.class)
        .until(() -> found.call(actor -> actor.add(1)).get(SOON) > 0);
    assertThat(found.call(Counter::incarnation).get(SOON)).isGreaterThan(1);
    found.kill();
    assertThat(reason(found)).isEqualTo(Reason.KILLED);
    await().until(() -> manta.find("lasting", Counter.class).isEmpty());
  }

  /// Whether a node knows of the only detached actor where it lives.
  private static boolean knowsWhereItLives(Manta node) {
    return DetachedRecords.all(node).stream().anyMatch(record -> record.node().isPresent());
  }

  @Test
  void shouldHearThatADetachedActorEndedWhoseDirectorDiedBeforeItHeard() throws Exception {
    Manta host = cluster.node(0);
    Manta director = cluster.node(1);
    director
        .actor(Counter::new)
        .named("lasting")
        .maxRestarts(5)
        .onNode(host.id())
        .detached()
        .create()
        .call(Counter::node)
        .get(SOON);
    ActorHandle<Counter> found = host.find("lasting", Counter.class).orElseThrow();
    assertThat(found.call(Counter::incarnation).get(SOON)).isEqualTo(1);
    var dead = found.whenDead().toCompletableFuture();
    await().until(() -> knowsWhereItLives(host));

    cluster.cut(host, director);
    found.run(Counter::leave).get(SOON);
    cluster.kill(director);
    assertThat(dead.get(30, TimeUnit.SECONDS).reason()).isEqualTo(Reason.EXITED);
    await().until(() -> host.find("lasting", Counter.class).isEmpty());
  }

  @Test
  void shouldTellOfADetachedActorThatNobodyKnowsAnyMoreThatItIsDead() throws Exception {
    Manta creator = cluster.connect();
    ActorHandle<Counter> made = creator.actor(Counter::new).named("lasting").detached().create();
    made.call(Counter::node).get(SOON);
    ActorHandle<Counter> found = manta.find("lasting", Counter.class).orElseThrow();
    await().until(() -> knowsWhereItLives(manta));
    made.kill();
    await().until(() -> DetachedRecords.all(manta).isEmpty());
    creator.close();
    assertThat(reason(found)).isEqualTo(Reason.UNKNOWN);
  }

  @Test
  void shouldNotCountMovesOfADetachedActorAsRestartsWhenAnotherDirectsIt() throws Exception {
    Manta creator = cluster.connect();
    var keepers = new ArrayList<ActorHandle<Keeper>>();
    for (int i = 0; i < 6; i++) {
      keepers.add(
          creator.actor(Keeper::new).named("keeper-" + i).maxRestarts(1).detached().create());
    }
    keepers.forEach(keeper -> keeper.call(Counter::node).get(SOON));
    cluster.add();
    await().until(() -> creator.nodes().size() == 3);
    assertThat(creator.rebalance().toCompletableFuture().get(60, TimeUnit.SECONDS)).isPositive();
    creator.close();
    await()
        .until(
            () -> manta.actors(100).stream().filter(info -> info.name().isPresent()).count() == 6);
    assertThat(manta.actors(100)).allMatch(info -> info.restarts() == 0);
  }

  @Test
  void shouldSayThatItsOwnerDiedToCallersOnItsOwnNode() {
    Manta creator = cluster.connect();
    ActorHandle<Counter> made =
        creator.actor(Counter::new).named("made").onNode(cluster.node(0).id()).create();
    made.call(Counter::node).get(SOON);
    ActorHandle<Counter> found = cluster.node(0).find("made", Counter.class).orElseThrow();
    found.call(actor -> actor.rest(60_000));
    ObjectRef<NodeId> waiting = found.call(Counter::node);
    creator.close();
    assertThatThrownBy(() -> waiting.get(SOON))
        .isInstanceOfSatisfying(
            ActorDiedException.class,
            died -> assertThat(died.reason()).isEqualTo(Reason.OWNER_DIED));
  }

  /// Notes that it was made.
  static class Noted extends Counter {
    private static final List<String> MADE = new CopyOnWriteArrayList<>();

    Noted(String name) {
      MADE.add(name);
    }
  }

  private static volatile CountDownLatch gate = new CountDownLatch(1);

  @Test
  void shouldNeverMakeAnActorThatWasKilledBeforeANodeCouldHoldIt() {
    gate = new CountDownLatch(1);
    ObjectRef<String> name =
        manta.submit(
            () -> {
              gate.await();
              return "killed";
            });
    ActorHandle<Noted> killed =
        manta.actor(() -> new Noted(name.get())).cpus(0).resource("rare", 1).create();
    killed.kill();
    gate.countDown();
    assertThat(name.get(SOON)).isEqualTo("killed");

    MantaConfig config =
        MantaConfig.defaults()
            .withPort(0)
            .withResource("rare", 2)
            .withAddresses(List.of(cluster.node(0).address().orElseThrow()));
    try (Manta _ = Manta.start(config)) {
      ActorHandle<Noted> living =
          manta.actor(() -> new Noted("living")).cpus(0).resource("rare", 1).create();
      living.call(Counter::node).get(SOON);
      assertThat(Noted.MADE).containsExactly("living");
    }
  }
}
