package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Named actors while nodes die.
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

  /// The first claim can't be granted before its actor is dead.
  @Test
  void shouldNotKeepTheNameOfAnActorThatDiedBeforeItHadIt() {
    try (var cluster = LocalCluster.start(3, CONFIG);
        Manta manta = cluster.connect()) {
      cluster.kill(cluster.node(2));
      cluster.await("its death is known", () -> manta.nodes().size() == 2);
      for (int i = 0; i < 5; i++) {
        manta.actor(Counter::new).named("name-" + i).create().kill();
      }
      for (int i = 0; i < 5; i++) {
        ActorHandle<Counter> next = manta.actor(Counter::new).named("name-" + i).create();
        assertThat(next.call(Counter::increment).get(SOON)).isEqualTo(1);
      }
    }
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
}
