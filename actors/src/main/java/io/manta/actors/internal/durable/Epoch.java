package io.manta.actors.internal.durable;

import java.util.Comparator;

/// The number of one session of a key; the session with the higher one is the later.
///
/// @param store the store that opened it, so that no two are equal
record Epoch(long counter, long store) implements Comparable<Epoch> {
  static final Epoch NONE = new Epoch(0, 0);

  private static final Comparator<Epoch> ORDER =
      Comparator.comparingLong(Epoch::counter).thenComparingLong(Epoch::store);

  @Override
  public int compareTo(Epoch other) {
    return ORDER.compare(this, other);
  }

  boolean isAfter(Epoch other) {
    return compareTo(other) > 0;
  }
}
