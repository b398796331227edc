package io.manta.testkit.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.NodeId;
import io.manta.testkit.chaos.CounterClient.Made;
import io.manta.testkit.chaos.Tally.Applied;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Histories in which something promised was not kept, and some in which all was.
class CheckersTest {
  private static final Counting ONCE = new Counting("counter", 0, false);
  private static final Counting AGAIN = new Counting("counter", 3, false);
  private static final NodeId NODE = new NodeId(1);

  private static CallId call(int number) {
    return new CallId(1, 0, number);
  }

  private static Witness.Line ran(int incarnation, int value, int number) {
    return new Witness.Line(incarnation, "life-" + incarnation, value, call(number));
  }

  /// Calls are made and answered one after another.
  private static Made answered(int number, int incarnation, int value) {
    var applied = new Applied(incarnation, value, NODE);
    return new Made(call(number), number * 10L, number * 10L + 5, Optional.of(applied), "");
  }

  private static Made failed(int number) {
    return new Made(call(number), number * 10L, number * 10L + 5, Optional.empty(), "NODE_DIED");
  }

  private static List<String> counted(
      Counting counter, List<Witness.Line> lines, List<Made> calls) {
    return new Counted(counter, lines, calls).violations();
  }

  @Test
  void shouldFindNothingWhenCountersCountEachCallOnce() {
    assertThat(
            counted(
                ONCE,
                List.of(ran(1, 1, 1), ran(1, 2, 2), ran(2, 1, 4)),
                List.of(answered(1, 1, 1), failed(2), failed(3), answered(4, 2, 1))))
        .isEmpty();
    assertThat(counted(AGAIN, List.of(ran(1, 1, 1), ran(2, 1, 1)), List.of(answered(1, 2, 1))))
        .isEmpty();
  }

  @Test
  void shouldFindACallThatRanTwice() {
    assertThat(counted(ONCE, List.of(ran(1, 1, 1), ran(1, 2, 1)), List.of(answered(1, 1, 1))))
        .anyMatch(what -> what.contains("ran too often"));
    assertThat(counted(ONCE, List.of(ran(1, 1, 1), ran(2, 1, 1)), List.of(answered(1, 1, 1))))
        .anyMatch(what -> what.contains("ran too often"));
  }

  @Test
  void shouldFindAnAnswerOfWhatDidNotRunAndACallOutOfOrder() {
    assertThat(counted(ONCE, List.of(), List.of(answered(1, 1, 1))))
        .anyMatch(what -> what.contains("was answered, and ran as []"));
    assertThat(
            counted(
                ONCE,
                List.of(ran(1, 1, 2), ran(1, 2, 1)),
                List.of(answered(1, 1, 2), answered(2, 1, 1))))
        .anyMatch(what -> what.contains("ran after"));
  }

  private static TaskClient.Made task(int number, Sum kind, long value, long answer) {
    return new TaskClient.Made(call(number), kind, value, Optional.of(answer), "");
  }

  private static List<String> summed(List<TaskLog.Line> lines, TaskClient.Made... tasks) {
    return new Summed(lines, List.of(tasks)).violations();
  }

  @Test
  void shouldFindNothingWhenEachAttemptOfATaskRanOnce() {
    assertThat(
            summed(
                List.of(
                    new TaskLog.Line(call(1), 1),
                    new TaskLog.Line(call(2), 1),
                    new TaskLog.Line(call(2), 2)),
                task(1, Sum.ONCE, 4, 16),
                task(2, Sum.NESTED, 5, 25)))
        .isEmpty();
  }

  @Test
  void shouldFindTasksThatRanTooOftenOrNotAtAllOrCameToSomethingElse() {
    var once = new TaskLog.Line(call(1), 1);
    assertThat(summed(List.of(once, once), task(1, Sum.PLAIN, 4, 16)))
        .anyMatch(what -> what.contains("ran too often"));
    assertThat(summed(List.of(once, new TaskLog.Line(call(1), 2)), task(1, Sum.ONCE, 4, 16)))
        .anyMatch(what -> what.contains("ran too often"));
    assertThat(summed(List.of(), task(1, Sum.PLAIN, 4, 16)))
        .anyMatch(what -> what.contains("did not run"));
    assertThat(summed(List.of(once), task(1, Sum.PLAIN, 4, 17)))
        .anyMatch(what -> what.contains("was to come to 16"));
    assertThat(summed(List.of(new TaskLog.Line(call(9), 1))))
        .anyMatch(what -> what.contains("was not submitted"));
  }

  private static List<String> ordered(long madeNanos, long place) {
    var order = new RealTime();
    order.made(10, 1, "first");
    order.answered(20, 1, "first");
    order.made(madeNanos, place, "second");
    return order.violations();
  }

  @Test
  void shouldFindACallThatCameBeforeOneThatWasAnsweredBeforeItWasMade() {
    assertThat(ordered(30, 2)).isEmpty();
    assertThat(ordered(15, 0)).isEmpty(); // both were under way
    assertThat(ordered(30, 0)).singleElement().asString().contains("second", "came before it");
  }
}
