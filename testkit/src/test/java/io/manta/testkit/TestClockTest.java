package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorContext;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@MantaTest(nodes = 2, turnClock = true)
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TestClockTest {
  private static final Duration SOON = Duration.ofSeconds(20);

  /// Has a timer of each kind.
  public static class Ticker extends RemoteActor {
    private final List<String> seen = new ArrayList<>();
    private ActorContext.Timer once;

    @Override
    protected void onStart() {
      once = context().after(Duration.ofSeconds(3), () -> seen.add("once"));
      context().every(Duration.ofSeconds(2), () -> seen.add("tick"));
    }

    public List<String> seen() {
      return List.copyOf(seen);
    }

    public boolean cancelOnce() {
      once.cancel();
      return true;
    }
  }

  @Test
  void shouldDriveTheTimersOfActorsOnAllNodes(Manta manta, LocalCluster cluster, TestClock clock) {
    int before = clock.timers();
    var here = manta.actor(Ticker::new).onNode(cluster.node(0).id()).create();
    var there = manta.actor(Ticker::new).onNode(cluster.node(1).id()).create();
    clock.awaitTimers(before + 4);

    clock.advance(Duration.ofMillis(1_999));
    assertThat(here.call(Ticker::seen).get(SOON)).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(here.call(Ticker::seen).get(SOON)).containsExactly("tick");
    assertThat(there.call(Ticker::seen).get(SOON)).containsExactly("tick");
    there.call(Ticker::cancelOnce).get(SOON);
    clock.advance(Duration.ofSeconds(2));

    assertThat(here.call(Ticker::seen).get(SOON)).containsExactly("tick", "once", "tick");
    assertThat(there.call(Ticker::seen).get(SOON)).containsExactly("tick", "tick");
    here.kill();
    there.kill();
    cluster.await("timers end with their actors", () -> clock.timers() == before);
  }

  @Test
  void shouldCallBackInOrderOfTime() {
    TestClock clock = new TestClock();
    List<String> called = new ArrayList<>();
    clock.schedule(Duration.ofSeconds(2), () -> called.add("late at " + clock.now()));
    clock.schedule(Duration.ofSeconds(1), () -> called.add("early at " + clock.now()));
    clock.schedule(Duration.ofSeconds(1), () -> called.add("next at " + clock.now()));
    clock.schedule(Duration.ofSeconds(1), () -> called.add("never")).run();

    clock.advance(Duration.ofSeconds(5));

    assertThat(called).containsExactly("early at PT1S", "next at PT1S", "late at PT2S");
    assertThat(clock.now()).isEqualTo(Duration.ofSeconds(5));
    assertThat(clock.timers()).isZero();
    assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
