package io.manta.actors.internal.durable;

import java.util.Comparator;

/// Which content an entry has: two entries of a key with the same version have the same.
///
/// @param epoch of the session that wrote it
/// @param sequence one more for each write
record Version(Epoch epoch, long sequence) implements Comparable<Version> {
  static final Version NONE = new Version(Epoch.NONE, 0);

  private static final Comparator<Version> ORDER =
      Comparator.comparing(Version::epoch).thenComparingLong(Version::sequence);

  Version next() {
    return new Version(epoch, sequence + 1);
  }

  @Override
  public int compareTo(Version other) {
    return ORDER.compare(this, other);
  }

  boolean isAfter(Version other) {
    return compareTo(other) > 0;
  }
}
