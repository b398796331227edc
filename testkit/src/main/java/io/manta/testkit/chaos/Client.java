package io.manta.testkit.chaos;

import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.GetTimeoutException;
import io.manta.core.MantaException;
import io.manta.testkit.chaos.Violation.Kind;
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

  private static final Duration END_LIMIT = Duration.ofSeconds(10);

  static final Duration PAUSE = Duration.ofMillis(80);
  private static final Duration RECONNECT_PAUSE = Duration.ofMillis(5);

  final Seat seat;
  final int number;
  final Random random;
  private final Thread thread;

  /// Why calls failed, and how often.
  private final Map<String, Integer> failures = new ConcurrentHashMap<>();

  private volatile boolean stopped;
  private volatile boolean abandoned;
  private volatile long answers;
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
        LockSupport.parkNanos(pause().toNanos());
      }
    } catch (Throwable e) {
      broken = e;
    }
  }

  /// How often it was answered; a failure, also one that is allowed, is no answer.
  long answers() {
    return answers;
  }

  /// Only its own thread calls this.
  void answered() {
    answers++;
  }

  /// What it did not expect.
  Optional<Throwable> broken() {
    return Optional.ofNullable(broken);
  }

  /// After what it has begun.
  void stop() {
    stopped = true;
  }

  /// At once; what it has begun is of no interest any more.
  void abandon() {
    stopped = true;
    abandoned = true;
    thread.interrupt();
    try {
      if (thread.getState() != Thread.State.NEW && !thread.join(END_LIMIT)) {
        throw new IllegalStateException(doing() + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isAbandoned() {
    return abandoned;
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
    if (failure instanceof GetTimeoutException) {
      throw new Violation(Kind.HANG, "no answer: " + failure.getMessage(), failure);
    }
    if (!over && !allowed) {
      throw new Violation(Kind.FAILURE, "failed, and may not: " + failure, failure);
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
    while (!abandoned && seat.session().equals(old) && old.isOver()) {
      LockSupport.parkNanos(RECONNECT_PAUSE.toNanos());
    }
  }
}
