package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// The bulk data of the value that is being encoded or decoded: small data stands in the head,
/// large data beside it as parts, in the order in which they are met.
final class Bulk {
  /// Takes the head, and memory into it.
  static final class Head extends Output {
    Head(int size) {
      super(size, -1);
    }

    /// The place of the next bytes, which the caller writes.
    private int reserve(int length) {
      require(length);
      int at = position;
      position += length;
      return at;
    }
  }

  /// From that many bytes on, data is a part.
  static final int PART_BYTES = 4096;

  private final List<MemorySegment> written = new ArrayList<>();
  private List<MemorySegment> parts = List.of();
  private int next;

  /// What was written as parts since the last call; aliases the user's arrays.
  List<MemorySegment> takeWritten() {
    if (written.isEmpty()) {
      return List.of();
    }
    List<MemorySegment> taken = List.copyOf(written);
    written.clear();
    return taken;
  }

  /// Sets the parts of the value to be decoded.
  void setParts(List<MemorySegment> value) {
    parts = value;
    next = 0;
  }

  /// Forgets the value.
  void clear() {
    written.clear();
    setParts(List.of());
  }

  void write(Output output, MemorySegment data) {
    if (data.byteSize() >= PART_BYTES) {
      output.writeVarInt(0, true);
      written.add(data);
      return;
    }
    int length = (int) data.byteSize();
    output.writeVarInt(length + 1, true);
    int at = ((Head) output).reserve(length);
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, 0, output.getBuffer(), at, length);
  }

  /// The data, of a whole number of elements; to be copied from at once.
  MemorySegment borrow(Input input, int elementBytes) {
    int length = input.readVarInt(true) - 1;
    MemorySegment data = length < 0 ? nextPart() : inHead(input, length);
    if (data.byteSize() % elementBytes != 0) {
      throw new KryoException("a part of an element; the bytes are damaged");
    }
    return data;
  }

  /// The data to keep, read-only: a view of a part, or a copy of what stands in the head.
  MemorySegment keep(Input input) {
    int before = next;
    MemorySegment data = borrow(input, 1);
    return next > before
        ? data.asReadOnly()
        : MemorySegment.ofArray(data.toArray(ValueLayout.JAVA_BYTE)).asReadOnly();
  }

  private MemorySegment nextPart() {
    if (next == parts.size()) {
      throw new KryoException("a part is missing; the bytes are damaged");
    }
    return parts.get(next++);
  }

  private static MemorySegment inHead(Input input, int length) {
    ((BoundedInput) input).claim(length, 1);
    MemorySegment data = MemorySegment.ofArray(input.getBuffer()).asSlice(input.position(), length);
    input.skip(length);
    return data;
  }
}
