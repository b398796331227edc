package io.manta.serve.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// First calls on replicas, which show that they live. A replica whose node dies under its call
/// starts again elsewhere, so it is called again. For use by one thread.
final class Pings {
  private final List<Supplier<ObjectRef<Boolean>>> replicas;
  private final List<ObjectRef<Boolean>> refs = new ArrayList<>();

  /// Calls all of them.
  Pings(List<Supplier<ObjectRef<Boolean>>> replicas) {
    this.replicas = replicas;
    replicas.forEach(replica -> refs.add(replica.get()));
  }

  /// Waits until all have answered.
  ///
  /// @throws io.manta.core.GetTimeoutException when the time is over
  /// @throws io.manta.core.MantaException why one of them can't answer any more
  void await(Duration timeout) {
    long start = System.nanoTime();
    for (int i = 0; i < refs.size(); i++) {
      Throwable reason = null;
      while (true) {
        try {
          refs.get(i).get(timeout.minusNanos(System.nanoTime() - start));
          break;
        } catch (ActorDiedException e) {
          if (isFinal(e, reason)) {
            throw e;
          }
          reason = e.getCause();
          refs.set(i, replicas.get(i).get());
        }
      }
    }
  }

  /// An actor that is dead for good answers each call with the same reason; one that died under a
  /// call and starts again does not. What made an actor impossible comes as another cause.
  private static boolean isFinal(ActorDiedException death, @Nullable Throwable before) {
    Throwable cause = death.getCause();
    return !(cause instanceof ActorDiedException) || cause.equals(before);
  }

  /// Those that have not been answered yet.
  List<ObjectRef<Boolean>> unanswered() {
    return refs.stream().filter(ref -> !ref.isDone()).toList();
  }
}
