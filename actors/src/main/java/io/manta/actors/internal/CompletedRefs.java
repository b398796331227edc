package io.manta.actors.internal;

import io.manta.core.ObjectRef;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Refs in the order in which they are done.
final class CompletedRefs<T extends @Nullable Object> extends PulledStream<T> {
  private final ArrayDeque<ObjectRef<T>> done = new ArrayDeque<>();
  private int left;
  private @Nullable CompletableFuture<Optional<ObjectRef<T>>> waiting;

  CompletedRefs(MantaRuntime runtime, Collection<? extends ObjectRef<T>> refs) {
    super(runtime);
    this.left = refs.size();
    refs.forEach(this::follow);
  }

  private void follow(ObjectRef<T> ref) {
    ((Ref<T>) ref).whenDone((value, failure) -> isDone(ref));
  }

  private void isDone(ObjectRef<T> ref) {
    CompletableFuture<Optional<ObjectRef<T>>> waiter;
    synchronized (this) {
      waiter = waiting;
      waiting = null;
      if (waiter == null) {
        done.add(ref);
      } else {
        left--;
      }
    }
    if (waiter != null) {
      waiter.complete(Optional.of(ref));
    }
  }

  @Override
  synchronized CompletableFuture<Optional<ObjectRef<T>>> pull() {
    if (left == 0) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    ObjectRef<T> ready = done.poll();
    if (ready != null) {
      left--;
      return CompletableFuture.completedFuture(Optional.of(ready));
    }
    var waiter = new CompletableFuture<Optional<ObjectRef<T>>>();
    waiting = waiter;
    return waiter;
  }

  @Override
  public synchronized void close() {
    left = 0;
    done.clear();
  }
}
