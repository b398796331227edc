package io.manta.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;

/// An immutable array of `float` over read-only memory.
public final class FloatArray extends PrimitiveArray {
  private static final ValueLayout.OfFloat ELEMENT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private FloatArray(MemorySegment segment) {
    super(segment, ELEMENT);
  }

  /// A copy of the elements.
  public static FloatArray copyOf(float... elements) {
    return new FloatArray(copy(MemorySegment.ofArray(elements)));
  }

  /// What a segment holds, little-endian, without a copy. Nobody may write to it from now on.
  ///
  /// @throws IllegalArgumentException when it does not hold a whole number of elements, belongs to
  ///   one thread, or is a heap array other than `byte[]`
  public static FloatArray of(MemorySegment segment) {
    return new FloatArray(segment);
  }

  /// @throws IndexOutOfBoundsException
  public float get(long index) {
    return segment().getAtIndex(ELEMENT, index);
  }

  /// A read-only view.
  ///
  /// @throws IllegalStateException above 2 GiB
  public FloatBuffer asBuffer() {
    return bytes().asFloatBuffer();
  }

  /// A new copy on the heap.
  public float[] toArray() {
    return segment().toArray(ELEMENT);
  }
}
