package io.manta.testkit;

import io.manta.actors.TimeSource;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;

/// A clock that stands still until a test turns it, and that drives the timers of actors. Waits of
/// the runtime itself, and of callers, go by real time. Safe for use by many threads.
///
/// A timer's action is a call of its actor, which is queued when the clock reaches its time: calls
/// that are made afterwards run after it. A timer of `every(…)` begins its next period when its
/// action is over, so each turn runs it once at most.
///
/// ```java
/// clock.advance(Duration.ofSeconds(30));
/// assertEquals(1, actor.call(Cache::evictions).get());
/// ```
public final class TestClock implements TimeSource {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /// What is to be called back; with equal times in the order in which they were set.
  private record Due(Duration at, long number, Runnable callback) {}

  private final PriorityQueue<Due> waiting =
      new PriorityQueue<>(Comparator.comparing(Due::at).thenComparingLong(Due::number));
  private Duration now = Duration.ZERO;
  private long numbers;

  @Override
  public synchronized Runnable schedule(Duration delay, Runnable due) {
    var entry = new Due(now.plus(delay), numbers++, due);
    waiting.add(entry);
    return () -> remove(entry);
  }

  private synchronized void remove(Due entry) {
    waiting.remove(entry);
  }

  /// For how long it was turned.
  public synchronized Duration now() {
    return now;
  }

  /// How many timers wait for their time.
  public synchronized int timers() {
    return waiting.size();
  }

  /// Turns it, and calls back what is due meanwhile, in order of time. Returns when all of that is
  /// queued in its actors.
  ///
  /// @throws IllegalArgumentException when the time is negative
  public void advance(Duration time) {
    if (time.isNegative()) {
      throw new IllegalArgumentException("time can't go back by " + time.abs());
    }
    Duration end = now().plus(time);
    for (Optional<Due> due = next(end); due.isPresent(); due = next(end)) {
      due.get().callback().run();
    }
  }

  private synchronized Optional<Due> next(Duration end) {
    Due first = waiting.peek();
    if (first == null || first.at().compareTo(end) > 0) {
      now = end;
      return Optional.empty();
    }
    now = first.at();
    return Optional.of(waiting.remove());
  }

  /// Waits until so many timers are set, as the `onStart` of an actor that was just created does.
  ///
  /// @throws AssertionError when there are not within 20 s
  public void awaitTimers(int count) {
    if (!Eventually.becomesTrue(count + " timers", LIMIT, () -> timers() >= count)) {
      throw new AssertionError(
          "not within %d s: %d timers; %d are set, at %s"
              .formatted(LIMIT.toSeconds(), count, timers(), now()));
    }
  }
}
