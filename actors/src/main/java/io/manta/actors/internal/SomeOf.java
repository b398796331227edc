package io.manta.actors.internal;

import io.manta.core.ObjectRef;
import io.manta.core.Ready;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A thread that waits until some of many refs are done. Refs know it only for as long as it waits,
/// so that waiting for one of many again and again leaves nothing behind in those that take long.
final class SomeOf {
  private final CompletableFuture<Boolean> enough = new CompletableFuture<>();
  private final AtomicInteger missing;

  private SomeOf(int missing) {
    this.missing = new AtomicInteger(missing);
  }

  /// Waits until so many of the refs are done, or the time is over.
  ///
  /// @param nanos [Long#MAX_VALUE] for no limit
  static <T extends @Nullable Object> Ready<T> await(
      List<ObjectRef<T>> refs, int count, long nanos) {
    Ref<?>[] all = refs.toArray(Ref<?>[]::new);
    if (doneOf(all, count) < count) {
      await(all, count, nanos);
    }
    return split(all, count);
  }

  /// At most so many are counted.
  private static int doneOf(Ref<?>[] refs, int most) {
    int done = 0;
    for (int i = 0; i < refs.length && done < most; i++) {
      if (refs[i].isDone()) {
        done++;
      }
    }
    return done;
  }

  private static void await(Ref<?>[] refs, int count, long nanos) {
    var waiter = new SomeOf(count);
    try {
      for (Ref<?> ref : refs) {
        if (ref.isDone()) {
          waiter.oneDone();
        } else {
          ref.state().join(waiter);
        }
      }
      Waits.await(waiter.enough, nanos, count + " refs");
    } finally {
      for (Ref<?> ref : refs) {
        ref.state().leave(waiter);
      }
    }
  }

  /// One of the refs is done.
  void oneDone() {
    if (missing.decrementAndGet() == 0) {
      enough.complete(true);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends @Nullable Object> Ready<T> split(Ref<?>[] refs, int count) {
    var ready = new ObjectRef<?>[count];
    var pending = new ObjectRef<?>[refs.length];
    int done = 0;
    int next = 0;
    for (; next < refs.length && done < count; next++) {
      if (refs[next].isDone()) {
        ready[done++] = refs[next];
      } else {
        pending[next - done] = refs[next];
      }
    }
    System.arraycopy(refs, next, pending, next - done, refs.length - next);
    return new Ready<>(
        List.of((ObjectRef<T>[]) Arrays.copyOf(ready, done)),
        List.of((ObjectRef<T>[]) Arrays.copyOf(pending, refs.length - done)));
  }
}
