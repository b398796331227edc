package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class GarbageNudgeTest {
  private final GarbageNudge nudge = new GarbageNudge(0);

  private boolean at(long seconds, long kept) {
    return nudge.due(Duration.ofSeconds(seconds).toNanos(), kept);
  }

  @Test
  void shouldAskForNothingWhereNothingIsKept() {
    for (int second = 1; second < 1000; second++) {
      assertThat(at(second, 0)).isFalse();
    }
  }

  @Test
  void shouldAskAfterFiveSeconds() {
    assertThat(at(4, 10)).isFalse();
    assertThat(at(5, 10)).isTrue();
    assertThat(at(6, 10)).isFalse();
  }

  @Test
  void shouldAskEverMoreSeldomWhileItFindsNothing() {
    int asked = 0;
    for (int second = 1; second <= 3600; second++) {
      asked += at(second, 10) ? 1 : 0;
    }

    assertThat(asked).isBetween(12, 20);
  }

  @Test
  void shouldAskSoonAgainWhenMoreIsKept() {
    for (int second = 1; second <= 1000; second++) {
      at(second, 10);
    }
    boolean asked = false;
    for (int second = 1001; second <= 1006; second++) {
      asked |= at(second, 11);
    }

    assertThat(asked).isTrue();
  }
}
