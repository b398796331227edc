package io.manta.core;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/// How values of one type, and of its subtypes that have none of their own, are encoded. One is
/// registered by its class's name in `META-INF/services/io.manta.core.ValueSerializer` of the
/// program; its class has a public constructor without parameters. It travels with the values: a
/// node that lacks the class fetches it from the job. Used by many threads at once.
public interface ValueSerializer<T> {
  Class<T> type();

  /// What it writes can't hold other values, only primitives, texts and bytes.
  void write(T value, DataOutput output) throws IOException;

  /// Reads what [#write] wrote. The bytes may be damaged or hostile: check a length before anything
  /// of that length is made.
  ///
  /// @param type the class that was written
  T read(DataInput input, Class<? extends T> type) throws IOException;
}
