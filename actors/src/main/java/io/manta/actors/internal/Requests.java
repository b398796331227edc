package io.manta.actors.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/// Questions to other processes whose answers somebody waits for, by number.
final class Requests<A> {
  private static final long SECONDS = 20;

  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentHashMap<Long, CompletableFuture<A>> open = new ConcurrentHashMap<>();

  /// Asks and waits, through interrupts: the JVM remembers for good that a class could not be
  /// linked, so a cancel must not make it fail.
  ///
  /// @param question sends it with its number
  /// @throws TimeoutException when there is no answer within 20 s
  A ask(LongConsumer question) throws ExecutionException, TimeoutException {
    long number = numbers.incrementAndGet();
    var answer = new CompletableFuture<A>();
    open.put(number, answer);
    try {
      question.accept(number);
      return await(answer);
    } finally {
      open.remove(number);
    }
  }

  private static <A> A await(CompletableFuture<A> answer)
      throws ExecutionException, TimeoutException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Has no effect when nobody waits for it any more.
  void answered(long number, A answer) {
    CompletableFuture<A> waiting = open.remove(number);
    if (waiting != null) {
      waiting.complete(answer);
    }
  }
}
