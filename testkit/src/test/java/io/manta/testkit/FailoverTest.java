package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// A driver and three node processes, each of which is killed and started again in turn.
@Timeout(value = 240, unit = TimeUnit.SECONDS)
class FailoverTest {
  private static final boolean LONG = Boolean.getBoolean("manta.long");

  /// Nodes that are killed, one after another.
  private static final int KILLS = LONG ? 3 : 1;

  private static final int TASKS_PER_KILL = 3_400;
  private static final int ACTORS = 100;

  /// Leaves the processor to the nodes that start.
  private static final Duration CALL_PAUSE = Duration.ofMillis(250);

  record Answer(int value, NodeId node) {}

  public static class Counter extends RemoteActor {
    private int count;

    public Answer increment() {
      return new Answer(++count, context().node());
    }
  }

  static Answer square(int number) throws InterruptedException {
    Thread.sleep(12);
    return new Answer(number * number, Manta.context().node());
  }

  private volatile String phase = "starting";

  @Test
  @EnabledIfSystemProperty(
      named = "manta.long",
      matches = "true",
      disabledReason = "a short chaos run kills a node under all kinds of work; run it by -Plong")
  void shouldFinishAllWorkWhileNodesAreKilledAndStartedAgain() throws Exception {
    try (var cluster = ProcessCluster.start(3, MantaConfig.defaults().withCpus(2));
        var manta = cluster.connect()) {
      try {
        story(cluster, manta);
      } catch (Throwable e) {
        var logs = new StringBuilder();
        for (ProcessCluster.Node node : cluster.nodes()) {
          logs.append("\n--- ").append(node.address()).append('\n').append(node.tail());
        }
        throw new AssertionError("failed while " + phase + logs, e);
      }
    }
  }

  @Test
  void shouldGoOnWithTheOnlyNodeOnceItIsStartedAgain() {
    try (var cluster = ProcessCluster.start(1, MantaConfig.defaults().withCpus(2));
        var manta = cluster.connect()) {
      assertThat(manta.submit(() -> 1).get(Duration.ofSeconds(30))).isEqualTo(1);
      cluster.node(0).kill();
      await().atMost(Duration.ofSeconds(30)).until(() -> manta.nodes().isEmpty());
      ObjectRef<Integer> waiting = manta.submit(() -> 2);

      cluster.node(0).start();

      assertThat(waiting.get(Duration.ofSeconds(50))).isEqualTo(2);
    }
  }

  private void story(ProcessCluster cluster, Manta manta) throws Exception {
    await().atMost(Duration.ofSeconds(20)).until(() -> manta.nodes().size() == 3);
    Set<NodeId> everKnown = ConcurrentHashMap.newKeySet();
    cluster.nodes().forEach(node -> everKnown.add(node.id()));

    phase = "submitting";
    List<ObjectRef<Answer>> tasks = new ArrayList<>();
    List<ActorHandle<Counter>> actors = new ArrayList<>();
    for (int i = 0; i < ACTORS; i++) {
      actors.add(manta.actor(Counter::new).maxRestarts(100).create());
    }
    var stop = new AtomicBoolean();
    var failures = new AtomicInteger();
    var answers = new AtomicInteger();
    Set<NodeId> answered = ConcurrentHashMap.newKeySet();
    List<Thread> callers = new ArrayList<>();
    Set<Throwable> unexpected = ConcurrentHashMap.newKeySet();
    for (ActorHandle<Counter> actor : actors) {
      callers.add(
          Thread.startVirtualThread(
              () -> callUntil(stop, actor, answers, failures, answered, unexpected)));
    }

    for (ProcessCluster.Node node : cluster.nodes().subList(0, KILLS)) {
      phase = "killing " + node.address();
      submitSquares(manta, tasks);
      NodeId killed = node.id();
      await(phase)
          .atMost(Duration.ofSeconds(30))
          .until(() -> tasks.stream().anyMatch(task -> Explained.runsOn(manta, task, killed)));
      node.kill();
      await(phase).atMost(Duration.ofSeconds(30)).until(() -> !knows(manta, killed));
      phase = "starting " + node.address() + " again";
      node.start();
      everKnown.add(node.id());
      await(phase).atMost(Duration.ofSeconds(30)).until(() -> knows(manta, node.id()));
      int before = answers.get();
      await(phase).atMost(Duration.ofSeconds(30)).until(() -> answers.get() > before + ACTORS);
    }
    assertThat(manta.nodes()).hasSize(3);

    phase = "waiting for the tasks";
    Set<NodeId> ranOn = new HashSet<>();
    for (int i = 0; i < tasks.size(); i++) {
      Answer answer = tasks.get(i).get(Duration.ofSeconds(60));
      assertThat(answer.value()).isEqualTo(i * i);
      ranOn.add(answer.node());
    }
    assertThat(everKnown).containsAll(ranOn);
    assertThat(ranOn).hasSizeGreaterThan(KILLS);

    phase = "stopping the callers";
    stop.set(true);
    for (Thread caller : callers) {
      caller.join(Duration.ofSeconds(30));
      assertThat(caller.isAlive()).as("a caller hangs").isFalse();
    }
    assertThat(unexpected).isEmpty();
    assertThat(everKnown).containsAll(answered);
    assertThat(failures.get()).as("calls were under way when their node was killed").isPositive();
    for (ActorHandle<Counter> actor : actors) {
      assertThat(actor.call(Counter::increment).get(Duration.ofSeconds(20)).value()).isPositive();
    }
    await("the ledgers are full again")
        .atMost(Duration.ofSeconds(20))
        .until(() -> manta.availableResources().equals(manta.clusterResources()));
  }

  /// The first node holds what coordinates the slots. That heartbeats stay away plays no part here,
  /// neither among the nodes nor to the driver, which is no member of the cluster.
  @Test
  void shouldStartActorsElsewhereOnceTheProcessOfTheFirstNodeEnded() {
    try (var cluster =
            ProcessCluster.start(
                2,
                MantaConfig.defaults().withCpus(2),
                "-Dpekko.cluster.failure-detector.acceptable-heartbeat-pause=10m");
        var manta = cluster.connect()) {
      await().atMost(Duration.ofSeconds(20)).until(() -> manta.nodes().size() == 2);
      NodeId first = cluster.nodes().getFirst().id();
      List<ActorHandle<Counter>> actors = new ArrayList<>();
      Set<NodeId> homes = new HashSet<>();
      while (actors.size() < 4 || !homes.contains(first)) {
        actors.add(manta.actor(Counter::new).maxRestarts(1).create());
        homes.add(actors.getLast().call(Counter::increment).get().node());
      }

      cluster.nodes().getFirst().kill();

      for (ActorHandle<Counter> actor : actors) {
        await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptionsInstanceOf(ActorDiedException.class)
            .until(() -> !answer(actor).node().equals(first));
      }
    }
  }

  private static void submitSquares(Manta manta, List<ObjectRef<Answer>> tasks) {
    for (int i = 0; i < TASKS_PER_KILL; i++) {
      int number = tasks.size();
      tasks.add(manta.task(() -> square(number)).retries(10).submit());
    }
  }

  private static Answer answer(ActorHandle<Counter> actor) {
    return actor.call(Counter::increment).get(Duration.ofSeconds(50));
  }

  /// A child and an actor on another node hold all its cpus for longer than the test lasts.
  @Test
  void shouldEndWhatATaskOfAKilledNodeHadSubmitted() {
    try (var cluster = ProcessCluster.start(2, MantaConfig.defaults().withCpus(2));
        var manta = cluster.connect()) {
      await().atMost(Duration.ofSeconds(20)).until(() -> manta.nodes().size() == 2);
      ProcessCluster.Node doomed = cluster.nodes().getFirst();
      NodeId other = cluster.nodes().getLast().id();
      ObjectRef<Integer> parent =
          manta
              .task(
                  () -> {
                    Manta here = Manta.current();
                    here.actor(Counter::new).cpus(1).onNode(other).create();
                    return here.task(FailoverTest::sleepLong).onNode(other).submit().get();
                  })
              .onNode(doomed.id())
              .retries(0)
              .submit();
      await("child and actor run")
          .atMost(Duration.ofSeconds(20))
          .until(() -> availableCpus(manta, other) == 0);

      NodeId killed = doomed.id();
      doomed.kill();

      assertThatThrownBy(() -> parent.get(Duration.ofSeconds(30)))
          .isInstanceOf(MantaException.class)
          .hasMessageContaining(killed.toString());
      await("child and actor are ended")
          .atMost(Duration.ofSeconds(20))
          .until(() -> availableCpus(manta, other) == 2);
    }
  }

  private static int sleepLong() throws InterruptedException {
    Thread.sleep(Duration.ofMinutes(10));
    return 1;
  }

  private static double availableCpus(Manta manta, NodeId node) {
    return manta.nodes().stream()
        .filter(known -> known.id().equals(node))
        .map(known -> known.available().cpus())
        .findFirst()
        .orElseThrow();
  }

  private static boolean knows(Manta manta, NodeId node) {
    return manta.nodes().stream().anyMatch(known -> known.id().equals(node));
  }

  /// At most once: each answer is one more than the one before, or 1 after a restart, and calls
  /// fail only since the actor's node died.
  private static void callUntil(
      AtomicBoolean stop,
      ActorHandle<Counter> actor,
      AtomicInteger answers,
      AtomicInteger failures,
      Set<NodeId> answered,
      Set<Throwable> unexpected) {
    int last = 0;
    NodeId where = null;
    while (!stop.get()) {
      try {
        Answer answer = actor.call(Counter::increment).get(Duration.ofSeconds(40));
        if (answer.value() != last + 1 && answer.value() != 1) {
          throw new AssertionError(answer + " after " + last + " on " + where);
        }
        if (answer.value() != last + 1 && answer.node().equals(where)) {
          throw new AssertionError(answer + " lost state without a death after " + last);
        }
        last = answer.value();
        where = answer.node();
        answered.add(where);
        answers.incrementAndGet();
      } catch (ActorDiedException e) {
        if (!String.valueOf(e.getMessage()).contains("node-")) {
          unexpected.add(e);
        }
        failures.incrementAndGet();
      } catch (Throwable e) {
        unexpected.add(e);
        return;
      }
      LockSupport.parkNanos(CALL_PAUSE.toNanos());
    }
  }
}
