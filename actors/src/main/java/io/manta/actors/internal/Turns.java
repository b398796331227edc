package io.manta.actors.internal;

import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs callbacks of refs one after another instead of inside each other: a failure that goes down
/// a chain of ten thousand dependent tasks must not need a stack of that depth.
final class Turns {
  private static final Logger LOG = LoggerFactory.getLogger(Turns.class);
  private static final ThreadLocal<ArrayDeque<Runnable>> LATER = new ThreadLocal<>();

  private Turns() {}

  /// Runs it now, or after the one that this thread is running.
  static void run(Runnable callback) {
    ArrayDeque<Runnable> outer = LATER.get();
    if (outer != null) {
      outer.add(callback);
      return;
    }
    var later = new ArrayDeque<Runnable>(4);
    LATER.set(later);
    try {
      for (Runnable next = callback; next != null; next = later.poll()) {
        try {
          next.run();
        } catch (RuntimeException | Error e) {
          LOG.error("a callback of a ref failed", e);
        }
      }
    } finally {
      LATER.remove();
    }
  }
}
