package io.manta.objects;

import org.jspecify.annotations.Nullable;

/// A value at rest: either an immutable one that all readers share, or the bytes that each reader
/// decodes to a copy of its own.
public sealed interface StoredValue {
  /// Immutable, so that sharing it can't be told from copying it.
  record Shared(@Nullable Object value) implements StoredValue {
    private static final Shared NULL = new Shared(null);
  }

  /// Encoded by a [ValueCodec]; nobody writes to the array.
  record Encoded(byte[] bytes) implements StoredValue {}

  /// Takes a value in: as it is when immutable, else copied.
  ///
  /// @throws io.manta.core.SerializationException naming the path to what can't be copied
  static StoredValue of(@Nullable Object value, ValueCodec codec) {
    if (value == null) {
      return Shared.NULL;
    }
    return Immutability.isImmutable(value) ? new Shared(value) : new Encoded(codec.encode(value));
  }

  /// The value, or a new copy of it.
  default @Nullable Object read(ValueCodec codec) {
    return switch (this) {
      case Shared shared -> shared.value;
      case Encoded encoded -> codec.decode(encoded.bytes);
    };
  }

  /// The bytes for another process.
  default byte[] toBytes(ValueCodec codec) {
    return switch (this) {
      case Shared shared -> codec.encode(shared.value);
      case Encoded encoded -> encoded.bytes;
    };
  }
}
