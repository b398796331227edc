package io.manta.actors.internal;

import io.manta.core.ObjectId;
import java.util.ArrayDeque;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies large values of other hosts ahead of their readers: tasks and calls that came to this
/// node and wait, or have not asked for them yet. A few at a time, and only into free room of the
/// store, so that nothing is spilled for what may never be read.
final class Prefetch {
  private static final Logger LOG = LoggerFactory.getLogger(Prefetch.class);
  private static final int MOST_AT_ONCE = 4;
  private static final int MOST_WAITING = 1000;

  private record Wanted(ObjectId object, Large large, BooleanSupplier still) {}

  private final MantaRuntime runtime;
  private final LargeValues larges;
  private final ArrayDeque<Wanted> waiting = new ArrayDeque<>();
  private int copying;

  Prefetch(MantaRuntime runtime, LargeValues larges) {
    this.runtime = runtime;
    this.larges = larges;
  }

  /// Has it copied in its turn, if it lies on no process of this host. Does not block.
  ///
  /// @param object whose value it is
  /// @param still whether it is still to be read when its turn comes
  void add(ObjectId object, Large large, BooleanSupplier still) {
    synchronized (this) {
      if (waiting.size() >= MOST_WAITING) {
        return; // its reader will copy it
      }
      waiting.add(new Wanted(object, large, still));
      if (copying == MOST_AT_ONCE) {
        return;
      }
      copying++;
    }
    runtime.callbacks().execute(this::copyAll);
  }

  private void copyAll() {
    for (Wanted next = next(); next != null; next = next()) {
      try {
        if (next.still.getAsBoolean()) {
          larges.copyAhead(next.object, next.large).join();
        }
      } catch (RuntimeException | Error e) {
        LOG.debug("{} was not copied ahead", next.large, e);
      }
    }
  }

  private synchronized @Nullable Wanted next() {
    Wanted next = waiting.poll();
    if (next == null) {
      copying--;
    }
    return next;
  }
}
