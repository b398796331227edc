package io.manta.actors.internal;

import io.manta.core.DataSize;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Bounds what this process keeps only so that lost values can be made again: closures of tasks
/// that are over, and values that nobody but these refers to and that can't be made again at no
/// cost. Each may take as much as the limit; above it those are given up that are over the limit
/// alone, then the oldest, as in Ray.
final class LineageLimit {
  private static final Logger LOG = LoggerFactory.getLogger(LineageLimit.class);

  /// What a closure takes beside its bytes, in round numbers.
  private static final long CLOSURE_BYTES = 1024;

  /// What is kept of one kind, the oldest first, with the bytes of each. It is called with locks of
  /// others held, and takes none of theirs.
  private static final class Kept<K> {
    private final String what;
    private final DataSize limit;
    private final Consumer<K> giveUp;
    private final Map<K, Long> all = new LinkedHashMap<>();

    /// Those that are over the limit alone, which need not cost all others.
    private final Queue<K> oversized = new ArrayDeque<>();

    private volatile long bytes;
    private boolean warned;

    Kept(String what, DataSize limit, Consumer<K> giveUp) {
      this.what = what;
      this.limit = limit;
      this.giveUp = giveUp;
    }

    synchronized void add(K key, long size) {
      if (all.putIfAbsent(key, size) == null) {
        bytes += size;
        if (size > limit.bytes()) {
          oversized.add(key);
        }
      }
    }

    void remove(K key) {
      if (bytes > 0) { // most often nothing is kept
        removeLocked(key);
      }
    }

    private synchronized void removeLocked(K key) {
      Long size = all.remove(key);
      bytes -= size == null ? 0 : size;
      oversized.remove(key);
    }

    void giveUpSome() {
      for (K oldest = takeIfOver(); oldest != null; oldest = takeIfOver()) {
        giveUp.accept(oldest);
      }
    }

    private synchronized @Nullable K takeIfOver() {
      if (bytes <= limit.bytes() || all.isEmpty()) {
        return null;
      }
      if (!warned) {
        warned = true;
        LOG.warn(
            "the {} that are kept to make lost values again passed the lineage-limit of {}: from now"
                + " on some are given up, the largest that exceed it by themselves and then the"
                + " oldest, and what takes them is gone when it is lost; close refs that are not"
                + " needed any more, or raise the limit",
            what,
            limit);
      }
      K taken = oversized.isEmpty() ? all.keySet().iterator().next() : oversized.remove();
      removeLocked(taken);
      return taken;
    }
  }

  private final Kept<Capture> closures;
  private final Kept<Long> values;

  /// @param giveUpValue of the object with that number
  LineageLimit(DataSize limit, Consumer<Capture> giveUpClosure, Consumer<Long> giveUpValue) {
    this.closures = new Kept<>("closures", limit, giveUpClosure);
    this.values = new Kept<>("values", limit, giveUpValue);
  }

  /// The closure of a task that is over is kept.
  void keep(Capture closure, long bytes) {
    closures.add(closure, bytes + CLOSURE_BYTES);
  }

  /// Of any closure that is run again, or never.
  void forget(Capture closure) {
    closures.remove(closure);
  }

  /// The value of an object is kept for such closures alone.
  void keepValue(long number, long bytes) {
    values.add(number, bytes);
  }

  void forgetValue(long number) {
    values.remove(number);
  }

  /// To be called without locks after something more is kept.
  void giveUpSome() {
    closures.giveUpSome();
    values.giveUpSome();
  }
}
