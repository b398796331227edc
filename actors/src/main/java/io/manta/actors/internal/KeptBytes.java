package io.manta.actors.internal;

/// The bytes in stores that this process keeps by objects of a few words each, of which the garbage
/// collector has no reason to free any. Says when it should look.
final class KeptBytes {
  private static final long LEAST = 256L << 20;
  private static final double MUCH = 0.1;
  private static final double NEARLY_ALL = 0.7;

  /// What it takes of the program to look.
  enum Look {
    NO,
    /// Where that is cheap.
    SOON,
    /// Before anything is spilled.
    NOW
  }

  private long kept;
  private long keptThen;

  /// One more value is kept.
  ///
  /// @param capacity of the store
  synchronized Look add(long bytes, long capacity) {
    kept += bytes;
    if (kept - keptThen < Math.max(LEAST, (long) (capacity * MUCH))) {
      return Look.NO;
    }
    keptThen = kept;
    return kept > capacity * NEARLY_ALL ? Look.NOW : Look.SOON;
  }

  /// One was freed.
  synchronized void remove(long bytes) {
    kept -= bytes;
    keptThen = Math.min(keptThen, kept);
  }
}
