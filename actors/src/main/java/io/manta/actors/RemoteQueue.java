package io.manta.actors;

import io.manta.core.ObjectRef;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A first-in-first-out queue that processes of a cluster share, bounded or not. It lives in an
/// actor and travels in closures and values. It ends with the process that created it, or with
/// [#close], and what it holds is gone then.
///
/// Refs are values here: they need not be done to be put or taken.
///
/// What is on its way to a consumer that dies or cancels is lost. A take that is cancelled while it
/// waits takes nothing.
///
/// @param actor where it lives
public record RemoteQueue<T>(ActorHandle<Holder<T>> actor) implements AutoCloseable {
  private static final int MOST_WAITING = 10_000;

  /// Hides a value from the call that carries it: refs in it are values here, not dependencies.
  private record Item<T>(T value) {}

  /// The queue itself. Each call that waits parks a virtual thread.
  public static final class Holder<T> extends RemoteActor {
    private final LinkedBlockingDeque<T> values = new LinkedBlockingDeque<>();

    /// How many more it may hold.
    private final Semaphore room;

    Holder(int capacity) {
      this.room = new Semaphore(capacity);
    }

    @Override
    boolean stopsAtOnce() {
      return true; // who waits for a value waits for a call that would be refused
    }

    boolean offer(T value, Duration timeout) throws InterruptedException {
      return room.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS) && values.add(value);
    }

    @Nullable Void put(T value) throws InterruptedException {
      room.acquire();
      values.add(value);
      return null;
    }

    T take() throws InterruptedException {
      return wanted(values.take());
    }

    Optional<T> poll(Duration timeout) throws InterruptedException {
      T value = values.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
      return value == null ? Optional.empty() : Optional.of(wanted(value));
    }

    /// A wait that is interrupted just when a value comes gives the value. The call is cancelled,
    /// so the value is for the next.
    private T wanted(T value) throws InterruptedException {
      if (Thread.interrupted()) {
        values.addFirst(value);
        throw new InterruptedException("cancelled");
      }
      room.release();
      return value;
    }

    List<T> drain(int most) {
      var taken = new ArrayList<T>();
      room.release(values.drainTo(taken, most));
      return taken;
    }

    int size() {
      return values.size();
    }
  }

  // What is called on it; records, see Closures.

  private record Make<T>(int capacity) implements RemoteCallable<Holder<T>> {
    @Override
    public Holder<T> call() {
      return new Holder<>(capacity);
    }
  }

  private record Put<T>(Item<T> item) implements RemoteFunction<Holder<T>, @Nullable Void> {
    @Override
    public @Nullable Void apply(Holder<T> queue) throws InterruptedException {
      return queue.put(item.value());
    }
  }

  private record Offer<T>(Item<T> item, Duration timeout)
      implements RemoteFunction<Holder<T>, Boolean> {
    @Override
    public Boolean apply(Holder<T> queue) throws InterruptedException {
      return queue.offer(item.value(), timeout);
    }
  }

  private record Take<T>() implements RemoteFunction<Holder<T>, T> {
    @Override
    public T apply(Holder<T> queue) throws InterruptedException {
      return queue.take();
    }
  }

  private record Poll<T>(Duration timeout) implements RemoteFunction<Holder<T>, Optional<T>> {
    @Override
    public Optional<T> apply(Holder<T> queue) throws InterruptedException {
      return queue.poll(timeout);
    }
  }

  private record Drain<T>(int most) implements RemoteFunction<Holder<T>, List<T>> {
    @Override
    public List<T> apply(Holder<T> queue) {
      return queue.drain(most);
    }
  }

  private record Size<T>() implements RemoteFunction<Holder<T>, Integer> {
    @Override
    public Integer apply(Holder<T> queue) {
      return queue.size();
    }
  }

  /// A queue without a bound.
  public static <T> RemoteQueue<T> create(Manta manta) {
    return create(manta, Integer.MAX_VALUE);
  }

  /// A queue that holds `capacity` values at most. Does not block.
  public static <T> RemoteQueue<T> create(Manta manta, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a capacity of " + capacity + " must be 1 or more");
    }
    ActorHandle<Holder<T>> holder =
        manta.actor(new Make<T>(capacity)).maxConcurrency(MOST_WAITING).create();
    return new RemoteQueue<>(holder);
  }

  /// Adds a value; waits while the queue is full.
  public void put(T value) {
    putAsync(value).get();
  }

  /// As [#put], without blocking: the ref is done when the value is in.
  public ObjectRef<@Nullable Void> putAsync(T value) {
    return actor.call(new Put<>(new Item<>(value)));
  }

  /// Adds a value when there is room within the timeout.
  ///
  /// @return whether it was added
  public boolean offer(T value, Duration timeout) {
    return actor.call(new Offer<>(new Item<>(value), timeout)).get();
  }

  /// Removes the oldest value; waits while there is none.
  public T take() {
    return takeAsync().get();
  }

  /// As [#take], without blocking. Cancel the ref to give up waiting.
  public ObjectRef<T> takeAsync() {
    return actor.call(new Take<>());
  }

  /// Removes the oldest value; empty when none came within the timeout.
  public Optional<T> poll(Duration timeout) {
    return actor.call(new Poll<>(timeout)).get();
  }

  /// Removes what is there, at most so many values, without waiting for more.
  public List<T> drain(int most) {
    return actor.call(new Drain<>(most)).get();
  }

  /// How many values it holds.
  public int size() {
    return actor.call(new Size<>()).get();
  }

  /// Ends it: whoever waits for it gets an [io.manta.core.ActorDiedException].
  @Override
  public void close() {
    actor.kill();
  }
}
