package io.manta.objects;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/// How values of one type, and its subtypes, are encoded.
public interface ValueSerializer<T> {
  Class<T> type();

  void write(T value, DataOutput output) throws IOException;

  /// @param type the class that was written
  T read(DataInput input, Class<? extends T> type) throws IOException;

  /// Whether the bytes stand for the value only for as long as the value lives, as a ref's do. Then
  /// it is among what [ValueCodec#encode(Object, java.util.Collection)] tells to be held.
  default boolean holds() {
    return false;
  }
}
