package io.manta.actors.internal;

import io.manta.core.NodeId;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;

/// Which of the processes that direct detached actors and placement groups will not do so any more:
/// those that are known to be gone, and those of which nothing is known, such as those that ended
/// when all nodes were stopped.
final class Directors {
  /// How long what a director said last may be on its way when it is gone, or how long a new one
  /// may not be known yet.
  private static final long HEARSAY_NANOS = Duration.ofSeconds(3).toNanos();

  private final MantaRuntime runtime;
  private final ConcurrentHashMap<NodeId, Long> absent = new ConcurrentHashMap<>();

  Directors(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  /// Whether another is to take over from it.
  boolean isLost(NodeId director) {
    return isSilent(director) || (isAbsent(director) && runtime.cluster().isGone(director));
  }

  /// Whether it is lost, and nothing that it said is on its way any more.
  boolean isSilent(NodeId director) {
    return isAbsent(director)
        && System.nanoTime() - absent.computeIfAbsent(director, first -> System.nanoTime())
            > HEARSAY_NANOS;
  }

  private boolean isAbsent(NodeId director) {
    if (runtime.cluster().isAlive(director)) {
      absent.remove(director);
      return false;
    }
    return true;
  }
}
