package io.manta.objects;

import io.manta.core.DataSize;
import io.manta.core.SerializationException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// A value about to be written: a small head, and the bulk data of its large arrays, segments and
/// buffers as they are in memory. The parts alias the value's own arrays, so it is to be written
/// before anybody else gets to change these; what it was written to is a copy.
///
/// The layout, little-endian: a byte for the format; with parts, three unused bytes, the length of
/// the head and the number of parts as ints, the length of each part as a long; the head; and each
/// part, from the next multiple of 64 bytes on.
public final class EncodedValue {
  static final byte PLAIN = 1;
  static final byte WITH_PARTS = 2;
  private static final int ALIGNMENT = 64;
  private static final int TABLE = 12;
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// All that comes before the parts.
  private final byte[] front;

  private final List<MemorySegment> parts;
  private final List<Object> held;
  private final long byteSize;

  private EncodedValue(byte[] front, List<MemorySegment> parts, List<Object> held) {
    this.front = front;
    this.held = held;
    this.parts = parts;
    long end = front.length;
    for (MemorySegment part : parts) {
      end = aligned(end) + part.byteSize();
    }
    this.byteSize = end;
  }

  /// @param front the format and the head
  static EncodedValue plain(byte[] front, List<Object> held) {
    return new EncodedValue(front, List.of(), held);
  }

  /// @param buffer holds the format, and the head from its second byte on
  static EncodedValue withParts(
      byte[] buffer, int end, List<MemorySegment> parts, List<Object> held) {
    int table = TABLE + parts.size() * Long.BYTES;
    int head = end - 1;
    var front = new byte[table + head];
    MemorySegment segment = MemorySegment.ofArray(front);
    segment.set(ValueLayout.JAVA_BYTE, 0, WITH_PARTS);
    segment.set(INT, 4, head);
    segment.set(INT, 8, parts.size());
    for (int i = 0; i < parts.size(); i++) {
      segment.set(LONG, TABLE + (long) i * Long.BYTES, parts.get(i).byteSize());
    }
    System.arraycopy(buffer, 1, front, table, head);
    return new EncodedValue(front, parts, held);
  }

  /// The bytes that it takes when written.
  public long byteSize() {
    return byteSize;
  }

  /// Whether there is bulk data beside the head, which readers of a segment see without a copy.
  public boolean hasParts() {
    return !parts.isEmpty();
  }

  /// What has to live for as long as what is written is to be decoded, such as refs.
  public List<Object> held() {
    return held;
  }

  /// Copies all of it to the start of a segment; each part by one copy.
  ///
  /// @throws IndexOutOfBoundsException when the segment is smaller than [#byteSize]
  public void writeTo(MemorySegment target) {
    MemorySegment.copy(front, 0, target, ValueLayout.JAVA_BYTE, 0, front.length);
    long end = front.length;
    for (MemorySegment part : parts) {
      long start = aligned(end);
      target.asSlice(end, start - end).fill((byte) 0);
      MemorySegment.copy(part, 0, target, start, part.byteSize());
      end = start + part.byteSize();
    }
  }

  /// All of it in an array, which nobody may write to.
  ///
  /// @throws SerializationException above the 2 GiB of an array
  public byte[] toBytes() {
    if (parts.isEmpty()) {
      return front;
    }
    if (byteSize > Integer.MAX_VALUE - 8) {
      throw new SerializationException(
          "a value of %s is more than the 2 GiB of an array; put it as an object of its own"
              .formatted(new DataSize(byteSize)));
    }
    var bytes = new byte[(int) byteSize];
    writeTo(MemorySegment.ofArray(bytes));
    return bytes;
  }

  private static long aligned(long offset) {
    return (offset + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /// Where head and parts are in a segment that holds a value with parts.
  record Layout(int headStart, int headLength, List<MemorySegment> parts) {
    /// @throws IllegalArgumentException when the segment ends before they do
    static Layout of(MemorySegment segment) {
      long size = segment.byteSize();
      int head = size < TABLE ? -1 : segment.get(INT, 4);
      int count = size < TABLE ? -1 : segment.get(INT, 8);
      if (head < 0 || count < 0 || TABLE + (long) count * Long.BYTES + head > size) {
        throw damaged();
      }
      int headStart = TABLE + count * Long.BYTES;
      var parts = new ArrayList<MemorySegment>(count);
      long end = (long) headStart + head;
      for (int i = 0; i < count; i++) {
        long start = aligned(end);
        long length = segment.get(LONG, TABLE + (long) i * Long.BYTES);
        if (length < 0 || start > size || length > size - start) {
          throw damaged();
        }
        parts.add(segment.asSlice(start, length));
        end = start + length;
      }
      return new Layout(headStart, head, parts);
    }

    private static IllegalArgumentException damaged() {
      return new IllegalArgumentException("head and parts exceed the bytes; they are damaged");
    }
  }
}
