package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeaseDemandTest {
  private static final NodeId HOLDER = new NodeId(1);
  private final LeaseDemand demand =
      new LeaseDemand(HOLDER, Shape.of(new JobId(HOLDER), Resources.cpus(1)));

  private static long millis(long value) {
    return TimeUnit.MILLISECONDS.toNanos(value);
  }

  private LeaseRequest ask(int waiting, long millis) {
    return demand.ask(waiting, 0, millis(millis));
  }

  @Test
  void shouldAskLessAndLessOftenForWhatWaitsAtNodes() {
    var asked = new ArrayList<Long>();
    for (long now = 0; now < 3000; now++) {
      if (demand.isToAsk(millis(now))) {
        ask(10, now);
        asked.add(now);
      }
    }

    assertThat(asked).containsExactly(0L, 41L, 122L, 283L, 604L, 1245L, 1886L, 2527L);
  }

  @Test
  void shouldAskForAThousandSlotsAtMost() {
    assertThat(ask(5000, 0).slots()).isEqualTo(1000);
  }

  @Test
  void shouldSayThatItAsksAgainUnlessItWasGrantedSomething() {
    assertThat(ask(10, 0).again()).isFalse();
    assertThat(ask(10, 100).again()).isTrue();
    demand.granted(1, 9);

    assertThat(ask(9, 200).again()).isFalse();
  }

  @Test
  void shouldAskAtOnceWhenMuchMoreWaitsThanWasAskedFor() {
    ask(10, 0);
    demand.granted(5, 10);
    assertThat(demand.isToAsk(millis(1))).isFalse();
    demand.granted(1, 9);

    assertThat(demand.isToAsk(millis(1))).isTrue();
  }

  @Test
  void shouldTellNodesOnceThatNothingWaitsAndThenAskAtOnce() {
    assertThat(demand.withdraw()).isEmpty();
    ask(10, 0);

    assertThat(demand.withdraw()).map(LeaseRequest::slots).contains(0);
    assertThat(demand.withdraw()).isEmpty();
    assertThat(demand.isToAsk(millis(1))).isTrue();
  }
}
