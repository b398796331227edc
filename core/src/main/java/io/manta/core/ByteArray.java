package io.manta.core;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/// An immutable array of `byte` over read-only memory.
public final class ByteArray extends PrimitiveArray {
  private static final ValueLayout.OfByte ELEMENT = ValueLayout.JAVA_BYTE;

  private ByteArray(MemorySegment segment) {
    super(segment, ELEMENT);
  }

  /// A copy of the elements.
  public static ByteArray copyOf(byte... elements) {
    return new ByteArray(copy(MemorySegment.ofArray(elements)));
  }

  /// What a segment holds, without a copy. Nobody may write to it from now on.
  ///
  /// @throws IllegalArgumentException when it does not hold a whole number of elements, belongs to
  ///   one thread, or is a heap array other than `byte[]`
  public static ByteArray of(MemorySegment segment) {
    return new ByteArray(segment);
  }

  /// @throws IndexOutOfBoundsException
  public byte get(long index) {
    return segment().get(ELEMENT, index);
  }

  /// A read-only view.
  ///
  /// @throws IllegalStateException above 2 GiB
  public ByteBuffer asBuffer() {
    return bytes();
  }

  /// A new copy on the heap.
  public byte[] toArray() {
    return segment().toArray(ELEMENT);
  }
}
