package io.manta.serve.internal;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks for the replicas of one deployment, each until it answers, at intervals that grow to two
/// seconds. Safe for use by many threads.
final class Seeker<T> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Seeker.class);
  private static final Duration FIRST_RETRY = Duration.ofMillis(50);
  private static final Duration LAST_RETRY = Duration.ofSeconds(2);

  /// A replica that restarts keeps its name, and names are known again seconds after a node died.
  static final Duration LOST = Duration.ofMinutes(1);

  private final int replicas;
  private final Connector<T> connector;
  private final Timer timer;
  private final Executor background;
  private final LongSupplier nanoTime;

  /// Since when nobody has the name.
  private final Map<String, Long> missing = new ConcurrentHashMap<>();

  private final CompletableFuture<Void> lost = new CompletableFuture<>();
  private volatile boolean closed;

  /// @param replicas how many the deployment has
  /// @param timer runs what is short and never blocks
  /// @param background runs what blocks
  Seeker(
      int replicas,
      Connector<T> connector,
      Timer timer,
      Executor background,
      LongSupplier nanoTime) {
    this.replicas = replicas;
    this.connector = connector;
    this.timer = timer;
    this.background = background;
    this.nanoTime = nanoTime;
  }

  /// Completes when every replica has been gone for a minute, as when their owner is dead.
  CompletionStage<Void> lost() {
    return lost;
  }

  /// Gives the replica of that name to the consumer once it has answered.
  void seek(String name, Consumer<T> answered) {
    seek(name, answered, FIRST_RETRY);
  }

  private void seek(String name, Consumer<T> answered, Duration retry) {
    if (!closed) {
      submit(() -> attempt(name, answered, retry));
    }
  }

  private void attempt(String name, Consumer<T> answered, Duration retry) {
    try {
      Optional<T> target = connector.find(name);
      if (target.isEmpty()) {
        miss(name);
        later(name, answered, retry);
        return;
      }
      missing.remove(name);
      connector
          .probe(target.get())
          .whenComplete(
              (answer, failure) -> {
                if (failure == null) {
                  answered.accept(target.get());
                } else {
                  later(name, answered, retry);
                }
              });
    } catch (RuntimeException e) {
      LOG.debug("replica '{}' can't be reached", name, e);
      later(name, answered, retry);
    }
  }

  private void miss(String name) {
    long now = nanoTime.getAsLong();
    missing.putIfAbsent(name, now);
    if (missing.size() == replicas
        && missing.values().stream().allMatch(since -> now - since >= LOST.toNanos())) {
      lost.complete(null);
    }
  }

  private void later(String name, Consumer<T> answered, Duration retry) {
    Duration doubled = retry.multipliedBy(2);
    Duration next = doubled.compareTo(LAST_RETRY) < 0 ? doubled : LAST_RETRY;
    if (!closed) {
      try {
        timer.after(retry, () -> seek(name, answered, next));
      } catch (RejectedExecutionException e) {
        requireClosed(e);
      }
    }
  }

  private void submit(Runnable work) {
    try {
      background.execute(work);
    } catch (RejectedExecutionException e) {
      requireClosed(e);
    }
  }

  private void requireClosed(RejectedExecutionException e) {
    if (!closed) {
      throw e;
    }
  }

  /// Stops looking.
  @Override
  public void close() {
    closed = true;
  }
}
