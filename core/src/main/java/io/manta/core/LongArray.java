package io.manta.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/// An immutable array of `long` over read-only memory.
public final class LongArray extends PrimitiveArray {
  private static final ValueLayout.OfLong ELEMENT =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private LongArray(MemorySegment segment) {
    super(segment, ELEMENT);
  }

  /// A copy of the elements.
  public static LongArray copyOf(long... elements) {
    return new LongArray(copy(MemorySegment.ofArray(elements)));
  }

  /// What a segment holds, little-endian, without a copy. Nobody may write to it from now on.
  ///
  /// @throws IllegalArgumentException when it does not hold a whole number of elements, belongs to
  ///   one thread, or is a heap array other than `byte[]`
  public static LongArray of(MemorySegment segment) {
    return new LongArray(segment);
  }

  /// @throws IndexOutOfBoundsException
  public long get(long index) {
    return segment().getAtIndex(ELEMENT, index);
  }

  /// A read-only view.
  ///
  /// @throws IllegalStateException above 2 GiB
  public LongBuffer asBuffer() {
    return bytes().asLongBuffer();
  }

  /// A new copy on the heap.
  public long[] toArray() {
    return segment().toArray(ELEMENT);
  }
}
