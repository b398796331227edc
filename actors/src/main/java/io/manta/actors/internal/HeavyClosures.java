package io.manta.actors.internal;

import io.manta.core.DataSize;
import java.util.Map;
import java.util.WeakHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closures that captured much. Warns once of each whose code is submitted again, since all that it
/// captured is then written again.
final class HeavyClosures {
  private static final Logger LOG = LoggerFactory.getLogger(HeavyClosures.class);
  private static final long MUCH = 1L << 20;

  /// How often each was submitted, 2 at most; must not keep the classes of jobs that are over.
  private final Map<Class<?>, Integer> seen = new WeakHashMap<>();

  /// @param kind tells its code from that of others
  /// @param name for people
  void submitted(Class<?> kind, String name, DataSize size) {
    if (size.bytes() > MUCH && isSecond(kind)) {
      LOG.warn(
          "a closure of {} captured {} and is submitted again and again; put that once, and capture the ref",
          name,
          size);
    }
  }

  private synchronized boolean isSecond(Class<?> kind) {
    int before = seen.getOrDefault(kind, 0);
    seen.put(kind, Math.min(before + 1, 2));
    return before == 1;
  }
}
