package io.manta.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/// An immutable array of `double` over read-only memory.
public final class DoubleArray extends PrimitiveArray {
  private static final ValueLayout.OfDouble ELEMENT =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private DoubleArray(MemorySegment segment) {
    super(segment, ELEMENT);
  }

  /// A copy of the elements.
  public static DoubleArray copyOf(double... elements) {
    return new DoubleArray(copy(MemorySegment.ofArray(elements)));
  }

  /// What a segment holds, little-endian, without a copy. Nobody may write to it from now on.
  ///
  /// @throws IllegalArgumentException when it does not hold a whole number of elements, belongs to
  ///   one thread, or is a heap array other than `byte[]`
  public static DoubleArray of(MemorySegment segment) {
    return new DoubleArray(segment);
  }

  /// @throws IndexOutOfBoundsException
  public double get(long index) {
    return segment().getAtIndex(ELEMENT, index);
  }

  /// A read-only view.
  ///
  /// @throws IllegalStateException above 2 GiB
  public DoubleBuffer asBuffer() {
    return bytes().asDoubleBuffer();
  }

  /// A new copy on the heap.
  public double[] toArray() {
    return segment().toArray(ELEMENT);
  }
}
