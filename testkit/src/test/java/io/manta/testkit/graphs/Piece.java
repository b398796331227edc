package io.manta.testkit.graphs;

/// A value of a given size whose every byte follows from a number.
record Piece(long sum, byte[] bytes) {
  static Piece of(long sum, int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (sum + i);
    }
    return new Piece(sum, bytes);
  }

  /// Its number, when no byte was damaged on the way.
  long intact() {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != (byte) (sum + i)) {
        throw new IllegalStateException(
            "byte " + i + " of " + bytes.length + " of the value " + sum + " is damaged");
      }
    }
    return sum;
  }
}
