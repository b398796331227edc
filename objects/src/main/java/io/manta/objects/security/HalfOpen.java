package io.manta.objects.security;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/// Connections that came in and whose other side has not shown yet who it is. There may be so many,
/// each for so long. Safe for use by many threads.
///
/// Where one more comes than may be, any one of the others is refused. Were it the oldest, a flood
/// that is faster than a handshake would keep everybody out; so it hits each with the same chance,
/// and who means well tries again.
public final class HalfOpen {
  /// One of them.
  public interface Connection {
    /// Whether it has ended.
    boolean isGone();

    /// Ends it.
    ///
    /// @param reason as a part of a sentence about the other side
    void refuse(String reason);
  }

  private record Waiting(Connection connection, long deadline) {}

  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private final int most;
  private final Duration time;

  /// In the order in which they came; also its own lock.
  private final List<Waiting> waiting = new ArrayList<>();

  /// Whether the timer runs for the first of them, or one that was it.
  private boolean timed;

  public HalfOpen(int most, Duration time) {
    this.most = most;
    this.time = time;
  }

  private static ScheduledThreadPoolExecutor timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("manta-half-open").factory());
    timer.setKeepAliveTime(10, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    return timer;
  }

  public void add(Connection connection) {
    Optional<Connection> refused = Optional.empty();
    synchronized (waiting) {
      if (waiting.size() >= most) {
        waiting.removeIf(one -> one.connection.isGone());
      }
      if (waiting.size() >= most) {
        int any = ThreadLocalRandom.current().nextInt(waiting.size());
        refused = Optional.of(waiting.remove(any).connection);
      }
      waiting.add(new Waiting(connection, System.nanoTime() + time.toNanos()));
      startTimer();
    }
    refused.ifPresent(
        one -> one.refuse("it did not show who it is, as %d others did not".formatted(most)));
  }

  /// Its other side has shown who it is, or it has ended.
  public void remove(Connection connection) {
    synchronized (waiting) {
      waiting.removeIf(one -> one.connection == connection);
    }
  }

  private void startTimer() {
    if (!timed && !waiting.isEmpty()) {
      timed = true;
      long left = waiting.getFirst().deadline - System.nanoTime();
      TIMER.schedule(this::refuseLate, left, TimeUnit.NANOSECONDS);
    }
  }

  private void refuseLate() {
    var late = new ArrayList<Connection>();
    synchronized (waiting) {
      long now = System.nanoTime();
      while (!waiting.isEmpty() && waiting.getFirst().deadline - now <= 0) {
        late.add(waiting.removeFirst().connection);
      }
      timed = false;
      startTimer();
    }
    String reason = "within %d ms it did not show who it is".formatted(time.toMillis());
    for (Connection connection : late) {
      if (!connection.isGone()) {
        connection.refuse(reason);
      }
    }
  }

  /// Refuses all.
  public void refuseAll(String reason) {
    List<Waiting> all;
    synchronized (waiting) {
      all = List.copyOf(waiting);
      waiting.clear();
    }
    all.forEach(one -> one.connection.refuse(reason));
  }
}
