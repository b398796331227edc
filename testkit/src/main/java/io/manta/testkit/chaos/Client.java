package io.manta.testkit.chaos;

import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.MantaException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A thread that makes calls until it is told to stop, and keeps what came of them.
abstract class Client {
  /// No answer takes longer; nothing hangs.
  static final Duration LIMIT = Duration.ofSeconds(60);

  static final Duration PAUSE = Duration.ofMillis(80);
  private static final Duration RECONNECT_PAUSE = Duration.ofMillis(5);

  final Seat seat;
  final int number;
  final Random random;
  private final Thread thread;

  /// Why calls failed, and how often.
  private final Map<String, Integer> failures = new ConcurrentHashMap<>();

  private volatile boolean stopped;
  private volatile long steps;
  private volatile @Nullable Throwable broken;

  Client(Seat seat, int number, long seed) {
    this.seat = seat;
    this.number = number;
    this.random = new Random(seed * 1_000 + number);
    this.thread = Thread.ofVirtual().name("client-" + number).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /// Calls, and waits for the answers.
  abstract void step();

  /// For people.
  abstract String doing();

  /// From one step to the next.
  Duration pause() {
    return PAUSE;
  }

  private void run() {
    try {
      while (!stopped) {
        step();
        steps++;
        LockSupport.parkNanos(pause().toNanos());
      }
    } catch (Throwable e) {
      broken = e;
    }
  }

  /// How often it had all that it asked for.
  long steps() {
    return steps;
  }

  /// What it did not expect.
  Optional<Throwable> broken() {
    return Optional.ofNullable(broken);
  }

  void stop() {
    stopped = true;
  }

  boolean hasEnded(Duration limit) throws InterruptedException {
    return thread.join(limit);
  }

  Map<String, Integer> failures() {
    return Map.copyOf(failures);
  }

  /// What is allowed to happen to a call, for people; throws what is not.
  ///
  /// @param over whether the driver through which it was made was closed
  String expected(MantaException failure, boolean over, ActorDiedException.Reason... allowed) {
    boolean may =
        failure instanceof ActorDiedException died
            && Stream.of(allowed).anyMatch(died.reason()::equals);
    return expected(failure, over, may);
  }

  /// As the other, where something else than the death of an actor is allowed.
  String expected(MantaException failure, boolean over, boolean allowed) {
    if (!over && !allowed) {
      throw failure;
    }
    String why =
        over
            ? "the driver was closed"
            : failure instanceof ActorDiedException died
                ? died.reason().name()
                : failure.getClass().getSimpleName();
    count(why);
    return why;
  }

  /// Whether a name could not be asked for in time, as while the node that keeps it hangs. Nothing
  /// was done then.
  static boolean isNameSilent(MantaException failure) {
    return failure instanceof ClusterUnavailableException;
  }

  void count(String why) {
    failures.merge(why, 1, Integer::sum);
  }

  /// Until the driver is connected again.
  void awaitSession(Seat.Session old) {
    while (seat.session().equals(old) && old.isOver()) {
      LockSupport.parkNanos(RECONNECT_PAUSE.toNanos());
    }
  }
}
