package io.manta.actors.internal;

import io.manta.core.DataSize;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Bounds what this process keeps only so that lost values can be made again: closures of tasks
/// that are over, and values that nobody but these refers to and that can't be made again
/// themselves. Over the limit the oldest closures are given up, as in Ray.
final class LineageLimit {
  private static final Logger LOG = LoggerFactory.getLogger(LineageLimit.class);

  /// What a closure takes beside its bytes, in round numbers.
  private static final long CLOSURE_BYTES = 1024;

  private final Objects objects;
  private final DataSize limit;

  /// The oldest first, with their bytes.
  private final Map<Capture, Long> closures = new LinkedHashMap<>();

  private volatile long kept;
  private boolean warned;

  LineageLimit(Objects objects, DataSize limit) {
    this.objects = objects;
    this.limit = limit;
  }

  /// The closure of a task that is over is kept.
  void keep(Capture closure, long bytes) {
    synchronized (this) {
      if (closures.putIfAbsent(closure, bytes + CLOSURE_BYTES) != null) {
        return;
      }
      kept += bytes + CLOSURE_BYTES;
    }
    giveUpSome();
  }

  /// Of any closure that is not run any more.
  void forget(Capture closure) {
    if (kept == 0) {
      return; // most often: nothing that was made can be lost
    }
    synchronized (this) {
      Long bytes = closures.remove(closure);
      kept -= bytes == null ? 0 : bytes;
    }
  }

  /// A value is kept for such closures alone.
  void keepValue(long bytes) {
    synchronized (this) {
      kept += bytes;
    }
    giveUpSome();
  }

  synchronized void forgetValue(long bytes) {
    kept -= bytes;
  }

  /// One after another: each may let go of values too.
  private void giveUpSome() {
    Capture oldest = oldestIfOver();
    if (oldest != null) {
      oldest.close(objects);
      Turns.run(this::giveUpSome);
    }
  }

  private synchronized @Nullable Capture oldestIfOver() {
    if (kept <= limit.bytes() || closures.isEmpty()) {
      return null;
    }
    if (!warned) {
      warned = true;
      LOG.warn(
          "what is kept to make lost values again passed the lineage-limit of {}: from now on the"
              + " oldest is given up, and what it would make is gone when it is lost; close refs"
              + " that are not needed any more, or raise the limit",
          limit);
    }
    return closures.keySet().iterator().next();
  }
}
