package io.manta.samples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.samples.demo.Traffic.Answer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutageTest {
  private static final long KILLED = millis(1000);

  private static long millis(long count) {
    return TimeUnit.MILLISECONDS.toNanos(count);
  }

  private static Answer right(long asked, long ended) {
    return new Answer(millis(asked), millis(ended), null);
  }

  private static Answer wrong(long asked, long ended) {
    return new Answer(millis(asked), millis(ended), "status 503");
  }

  @Test
  void shouldBeHarmlessWhenEveryAnswerIsRight() {
    var outage = new Outage(KILLED, List.of(right(900, 950), right(990, 1010), right(1100, 1150)));

    assertThat(outage.isHarmless()).isTrue();
    assertThat(outage.describe())
        .containsExactly(
            "2 sentences since: 2 right, 0 failed; the slowest answer took 0.1 s",
            "not degraded: no answer failed or took over 1 s");
  }

  @Test
  void shouldNotBeHarmlessWhenOneAnswerOfManyFails() {
    var outage = new Outage(KILLED, List.of(right(900, 950), wrong(990, 3010), right(1100, 1150)));

    assertThat(outage.isHarmless()).isFalse();
    assertThat(outage.describe())
        .containsExactly(
            "2 sentences since: 1 right, 1 failed; the slowest answer took 2.0 s",
            "degraded for 2.0 s: until then 1 answers failed or took over 1 s",
            "   status 503");
  }

  @Test
  void shouldNotBeHarmlessWhenAnAnswerWasWrongBefore() {
    assertThat(new Outage(KILLED, List.of(wrong(900, 950), right(1100, 1150))).isHarmless())
        .isFalse();
  }

  @Test
  void shouldNotBeHarmlessWhenThereWasNoAnswerSince() {
    assertThat(new Outage(KILLED, List.of(right(900, 950))).isHarmless()).isFalse();
  }
}
