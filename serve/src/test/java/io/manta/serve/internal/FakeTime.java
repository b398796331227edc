package io.manta.serve.internal;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/// A clock and timer that a test moves. Work runs on the thread that moves it.
final class FakeTime implements Timer, LongSupplier {
  private record Entry(long at, long number, Runnable work) {}

  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(Comparator.comparingLong(Entry::at).thenComparing(Entry::number));
  private long now;
  private long number;

  @Override
  public void after(Duration delay, Runnable work) {
    entries.add(new Entry(now + delay.toNanos(), number++, work));
  }

  @Override
  public long getAsLong() {
    return now;
  }

  void advance(Duration time) {
    long end = now + time.toNanos();
    while (!entries.isEmpty() && entries.peek().at() <= end) {
      Entry next = entries.remove();
      now = Math.max(now, next.at());
      next.work().run();
    }
    now = end;
  }

  int scheduled() {
    return entries.size();
  }
}
