package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.ObjectRef;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// The values of a generator task, or of an actor's call that gives many, in the process that
/// submitted it: a ref for each. It may be ahead of the consumer by its buffer. A later attempt's
/// values are dropped as far as they came before.
final class ItemStream<T extends @Nullable Object> extends PulledStream<T> implements Items {
  private final JobId job;
  private final LongConsumer credit;
  private final Ref<?> end;
  private final int buffer;
  private final ArrayDeque<Ref<T>> arrived = new ArrayDeque<>();
  private long received;
  private long consumed;

  /// What the running attempt knows it may give, and whether it is known to run.
  private long granted;

  private boolean heard;
  private boolean ended;
  private boolean closed;
  private @Nullable MantaException failure;
  private @Nullable CompletableFuture<Optional<ObjectRef<T>>> waiting;

  /// @param credit tells the task how many values it may give in all
  /// @param end done when the task is over
  ItemStream(MantaRuntime runtime, JobId job, LongConsumer credit, Ref<?> end, int buffer) {
    super(runtime);
    this.job = job;
    this.credit = credit;
    this.end = end;
    this.buffer = buffer;
  }

  @Override
  public synchronized long begin() {
    heard = false;
    granted = consumed + buffer;
    return granted;
  }

  @Override
  public void item(long index, StoredValue value) {
    CompletableFuture<Optional<ObjectRef<T>>> waiter = null;
    Ref<T> ref = null;
    boolean unwanted;
    synchronized (this) {
      heard = true;
      unwanted = closed;
      if (index == received) {
        received++;
        ref = runtime().objects().internalRef(job);
        ref.complete(value);
        waiter = waiting;
        waiting = null;
        if (waiter != null) {
          consumed++;
        } else if (!unwanted) {
          arrived.add(ref);
        }
      }
    }
    credit();
    if (waiter != null && ref != null) {
      waiter.complete(Optional.of(ref));
    } else if (unwanted && ref != null) {
      ref.close();
    }
  }

  /// The task is over.
  void ended(@Nullable MantaException reason) {
    CompletableFuture<Optional<ObjectRef<T>>> waiter;
    synchronized (this) {
      ended = true;
      failure = reason;
      waiter = waiting;
      waiting = null;
    }
    if (waiter != null) {
      finish(waiter);
    }
  }

  private void finish(CompletableFuture<Optional<ObjectRef<T>>> waiter) {
    MantaException reason = failure;
    if (reason == null) {
      waiter.complete(Optional.empty());
    } else {
      waiter.completeExceptionally(reason);
    }
  }

  @Override
  CompletableFuture<Optional<ObjectRef<T>>> pull() {
    Ref<T> ready;
    var waiter = new CompletableFuture<Optional<ObjectRef<T>>>();
    synchronized (this) {
      ready = arrived.poll();
      if (ready != null) {
        consumed++;
      } else if (ended) {
        finish(waiter);
      } else {
        waiting = waiter;
      }
    }
    if (ready != null) {
      credit();
      waiter.complete(Optional.of(ready));
    }
    return waiter;
  }

  @Override
  void received(ObjectRef<T> ref) {
    Scope.made((Ref<T>) ref);
  }

  /// Tells the attempt that it may go on, half a buffer at a time. One that waits to be started
  /// could not be told; it starts with what there is then.
  private void credit() {
    long limit;
    synchronized (this) {
      limit = consumed + buffer;
      if (!heard || limit - granted < (buffer + 1) / 2) {
        return;
      }
      granted = limit;
    }
    credit.accept(limit);
  }

  @Override
  public void close() {
    end.cancel();
    List<Ref<T>> unwanted;
    synchronized (this) {
      closed = true;
      unwanted = List.copyOf(arrived);
      arrived.clear();
    }
    unwanted.forEach(Ref::close);
  }
}
