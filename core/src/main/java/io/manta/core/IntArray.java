package io.manta.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/// An immutable array of `int` over read-only memory.
public final class IntArray extends PrimitiveArray {
  private static final ValueLayout.OfInt ELEMENT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private IntArray(MemorySegment segment) {
    super(segment, ELEMENT);
  }

  /// A copy of the elements.
  public static IntArray copyOf(int... elements) {
    return new IntArray(copy(MemorySegment.ofArray(elements)));
  }

  /// What a segment holds, little-endian, without a copy. Nobody may write to it from now on.
  ///
  /// @throws IllegalArgumentException when it does not hold a whole number of elements, belongs to
  ///   one thread, or is a heap array other than `byte[]`
  public static IntArray of(MemorySegment segment) {
    return new IntArray(segment);
  }

  /// @throws IndexOutOfBoundsException
  public int get(long index) {
    return segment().getAtIndex(ELEMENT, index);
  }

  /// A read-only view.
  ///
  /// @throws IllegalStateException above 2 GiB
  public IntBuffer asBuffer() {
    return bytes().asIntBuffer();
  }

  /// A new copy on the heap.
  public int[] toArray() {
    return segment().toArray(ELEMENT);
  }
}
