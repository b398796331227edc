package io.manta.core;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Numbers in a row in memory that nobody writes to, on the heap or off it, of any length.
/// Immutable, so that tasks share it without a copy, and processes of one host read one sealed
/// object by way of it. Two of the same type with the same content are equal.
public abstract sealed class PrimitiveArray
    permits ByteArray, IntArray, LongArray, FloatArray, DoubleArray {
  /// Never started; stands for any other thread.
  private static final Thread ANOTHER = Thread.ofVirtual().unstarted(() -> {});

  private static final int MOST_BYTES_ON_HEAP = Integer.MAX_VALUE - 8;

  private final MemorySegment segment;
  private final long length;

  /// @param segment little-endian, and nobody writes to it from now on
  PrimitiveArray(MemorySegment segment, MemoryLayout element) {
    if (segment.byteSize() % element.byteSize() != 0) {
      throw new IllegalArgumentException(
          "a segment of %d bytes does not hold a whole number of %s, which have %d each"
              .formatted(segment.byteSize(), getClass().getSimpleName(), element.byteSize()));
    }
    if (!segment.isAccessibleBy(ANOTHER)) {
      throw new IllegalArgumentException(
          "a segment of a confined arena can't be shared; take one of Arena.ofAuto(), or copyOf");
    }
    if (!segment.isNative()) {
      requireBytes(segment);
    }
    this.segment = segment.asReadOnly();
    this.length = segment.byteSize() / element.byteSize();
  }

  /// Only these have a view as a buffer.
  private static void requireBytes(MemorySegment segment) {
    try {
      segment.asSlice(0, 0).asByteBuffer();
    } catch (UnsupportedOperationException e) {
      throw new IllegalArgumentException(
          "a segment of a heap array other than byte[] has no buffer; use copyOf", e);
    }
  }

  /// New memory with the content of an array.
  static MemorySegment copy(MemorySegment array) {
    long size = array.byteSize();
    MemorySegment memory =
        size <= MOST_BYTES_ON_HEAP
            ? MemorySegment.ofArray(new byte[(int) size])
            : Arena.ofAuto().allocate(size, Long.BYTES);
    return memory.copyFrom(array);
  }

  /// The number of elements.
  public final long length() {
    return length;
  }

  /// The memory, little-endian; writing to it fails.
  public final MemorySegment segment() {
    return segment;
  }

  /// @throws IllegalStateException above the 2 GiB that a buffer holds
  final ByteBuffer bytes() {
    if (segment.byteSize() > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          "%d bytes are more than the %d of a buffer; use segment()"
              .formatted(segment.byteSize(), Integer.MAX_VALUE));
    }
    return segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public final boolean equals(Object other) {
    return other instanceof PrimitiveArray array
        && array.getClass() == getClass()
        && array.segment.mismatch(segment) < 0;
  }

  @Override
  public final int hashCode() {
    int hash = Long.hashCode(length);
    for (long at = 0; at < segment.byteSize(); at += 1 + segment.byteSize() / 64) {
      hash = 31 * hash + segment.get(ValueLayout.JAVA_BYTE, at);
    }
    return hash;
  }

  @Override
  public final String toString() {
    return getClass().getSimpleName() + "[" + length + "]";
  }
}
