package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.io.Input;

/// Bytes that may be hostile. Every length that they claim is counted against the bytes there are,
/// so that what is allocated on the word of a length stays in proportion to the input: an element,
/// a character and a byte of an array each take at least one byte of their own.
final class BoundedInput extends Input {
  private long unclaimed;

  @Override
  public void setBuffer(byte[] bytes, int offset, int count) {
    super.setBuffer(bytes, offset, count);
    unclaimed = count;
  }

  /// A length as it was read, of things of at least that many bytes each.
  ///
  /// @throws KryoException when there can't be as many
  int claim(int length, int size) {
    long bytes = (long) length * size;
    if (length < 0 || bytes > limit - position || bytes > unclaimed) {
      throw new KryoException(
          "a length of %d where at most %d can be; the bytes are damaged"
              .formatted(length, Math.max(0, Math.min(limit - position, unclaimed) / size)));
    }
    unclaimed -= bytes;
    return length;
  }

  /// Lengths of texts and builders are read by it, one too high.
  @Override
  public int readVarIntFlag(boolean optimizePositive) {
    int value = super.readVarIntFlag(optimizePositive);
    if (value != 0) {
      claim(value - 1, 1);
    }
    return value;
  }

  @Override
  public byte[] readBytes(int length) {
    return super.readBytes(claim(length, 1));
  }

  @Override
  public long[] readLongs(int length) {
    return super.readLongs(claim(length, Long.BYTES));
  }
}
