package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Named and detached actors while nodes and drivers come and go.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NamedActorsTest {
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2);
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final int NAMES = 30;

  public static class Counter extends RemoteActor {
    private int count;

    public int increment() {
      return ++count;
    }
  }

  private static ActorHandle<Counter> named(Manta manta, int number) {
    return manta.actor(Counter::new).named("name-" + number).maxRestarts(9).getIfExists().create();
  }

  /// Those who want a name and those who have it come to its new place in any order.
  @Test
  void shouldKeepNamesWithTheirActorsWhenANodeDiesThatKeepsNames() {
    try (var cluster = LocalCluster.start(3, CONFIG);
        Manta owner = cluster.connect();
        Manta other = cluster.connect()) {
      List<ActorHandle<Counter>> actors =
          IntStream.range(0, NAMES).mapToObj(number -> named(owner, number)).toList();
      actors.forEach(actor -> actor.call(Counter::increment).get(SOON));

      cluster.kill(cluster.node(1));

      var claims =
          IntStream.range(0, NAMES)
              .mapToObj(
                  number ->
                      CompletableFuture.supplyAsync(
                          () -> named(other, number), Thread::startVirtualThread))
              .toList();
      assertThat(claims.stream().map(CompletableFuture::join).toList()).isEqualTo(actors);
    }
  }

  @Test
  void shouldRestartADetachedActorOnANodeThatNeverKnewItsCreator() {
    try (var cluster = LocalCluster.start(1, CONFIG);
        Manta caller = cluster.connect()) {
      Manta first = cluster.node(0);
      Manta creator = cluster.connect();
      creator.actor(Counter::new).named("lasting").maxRestarts(5).detached().create();
      ActorHandle<Counter> actor = caller.find("lasting", Counter.class).orElseThrow();
      assertThat(actor.call(Counter::increment).get(SOON)).isEqualTo(1);
      creator.close();
      assertThat(actor.call(Counter::increment).get(SOON)).isEqualTo(2);
      Manta second = cluster.add();
      await().atMost(SOON).until(() -> caller.nodes().size() == 2);

      cluster.kill(first);

      await()
          .atMost(SOON)
          .ignoreExceptionsInstanceOf(ActorDiedException.class)
          .until(() -> actor.call(Counter::increment).get(SOON) == 1);
      assertThat(second.find("lasting", Counter.class)).contains(actor);
    }
  }
}
