package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorInfo;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A job with a quota of 3 of the 6 cpus of three nodes, one of which is killed.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class QuotaFailoverTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration TASK = Duration.ofMillis(50);
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2);

  public static class Place extends RemoteActor {
    NodeId node() {
      return context().node();
    }
  }

  private static Manta limited(Manta other) {
    return Manta.connect(other.config().withJobQuota(Resources.cpus(3)));
  }

  private static void kill(LocalCluster cluster, NodeId victim) {
    cluster.kill(
        cluster.nodes().stream()
            .filter(node -> node.id().equals(victim))
            .findFirst()
            .orElseThrow());
  }

  private static long alive(Manta manta) {
    return manta.actors(100).stream()
        .filter(actor -> actor.state() == ActorInfo.State.ALIVE)
        .count();
  }

  private static boolean livesElsewhere(ActorHandle<Place> actor, NodeId than) {
    try {
      return !actor.call(Place::node).get(LIMIT).equals(than);
    } catch (ActorDiedException e) {
      return false; // it was sent before the death was known
    }
  }

  @Test
  void shouldRestartActorsWithinTheQuotaAndWithoutOneOnceTheJobIsOver() {
    try (var cluster = LocalCluster.start(3, CONFIG);
        var other = cluster.connect();
        var limited = limited(other)) {
      ActorHandle<Place> outlives =
          limited.actor(Place::new).named("outlives").detached().cpus(1).maxRestarts(3).create();
      NodeId victim = outlives.call(Place::node).get(LIMIT);
      List<ActorHandle<Place>> actors =
          IntStream.range(0, 4)
              .mapToObj(i -> limited.actor(Place::new).cpus(1).maxRestarts(3).create())
              .toList();
      Eventually.isTrue("three live", LIMIT, limited, () -> alive(limited) == 3);

      kill(cluster, victim);

      Eventually.isTrue(
          "three live on two nodes",
          LIMIT,
          limited,
          () -> alive(limited) == 3 && limited.availableResources().cpus() == 1);
      actors.stream().limit(2).forEach(ActorHandle::kill);
      actors.stream()
          .skip(2)
          .forEach(actor -> assertThat(actor.call(Place::node).get(LIMIT)).isNotEqualTo(victim));
      NodeId next = outlives.call(Place::node).get(LIMIT);
      limited.close();
      Eventually.isTrue(
          "only that one is left", LIMIT, other, () -> other.availableResources().cpus() == 3);

      kill(cluster, next);

      ActorHandle<Place> found = other.find("outlives", Place.class).orElseThrow();
      Eventually.isTrue("it lives on the third", LIMIT, other, () -> livesElsewhere(found, next));
    }
  }

  @Test
  void shouldPlaceLostBundlesAgainWithThePartThatTheyHad() {
    try (var cluster = LocalCluster.start(3, CONFIG);
        var other = cluster.connect();
        var limited = limited(other)) {
      PlacementGroup group =
          limited
              .placementGroup()
              .bundles(3, Resources.cpus(1))
              .strategy(PlacementGroup.Strategy.SPREAD)
              .create();
      NodeId victim = group.await(LIMIT).bundles().getFirst().node().orElseThrow();

      kill(cluster, victim);

      Eventually.isTrue(
          "its bundles are on the two that live",
          LIMIT,
          limited,
          () ->
              limited.availableResources().cpus() == 1
                  && group.bundles().stream()
                      .allMatch(
                          bundle -> bundle.node().filter(n -> !n.equals(victim)).isPresent()));
      var waits = limited.submit(() -> 1);
      assertThat(limited.explain(waits).orElseThrow())
          .contains("its job has 3 of 3 cpu of its quota in use");
      group.remove();
      assertThat(waits.get(LIMIT)).isEqualTo(1);
    }
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
    Thread.sleep(TASK);
    return new Ran(node, from, System.nanoTime());
  }

  /// It ran until then at least, unless what it told when it ended was lost.
  private static long leastEnd(Ran begun, long killed) {
    return Math.min(killed, begun.from + TASK.toNanos());
  }

  @Test
  void shouldUseThePartOfANodeThatIsKilledElsewhere() {
    try (var processes = ProcessCluster.start(3, CONFIG);
        var other = processes.connect();
        var driver = limited(other)) {
      ActorHandle<Begins> begins =
          driver.actor(Begins::new).onNode(processes.node(0).id()).create();
      begins.call(actor -> actor.on(driver.id())).get(LIMIT);
      var task = driver.task(() -> timed(begins)).spread().retries(5);
      var refs = IntStream.range(0, 400).mapToObj(i -> task.submit()).toList();
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
          .forEach(one -> all.add(new Ran(one.node, one.from, leastEnd(one, killed))));
      assertThat(Ran.most(all)).as("at the same time").isEqualTo(3);
      long later = killed + Duration.ofSeconds(2).toNanos();
      assertThat(Ran.most(all.stream().filter(ran -> ran.from > later).toList()))
          .as("once the death is known")
          .isEqualTo(3);
    }
  }
}
