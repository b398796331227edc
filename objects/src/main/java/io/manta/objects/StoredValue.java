package io.manta.objects;

import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/// A value at rest: either an immutable one that all readers share, or the bytes that each reader
/// decodes to a copy of its own.
public sealed interface StoredValue {
  /// Immutable, so that sharing it can't be told from copying it.
  record Shared(@Nullable Object value) implements StoredValue {}

  /// Encoded by a [ValueCodec]; nobody writes to the array.
  ///
  /// @param held has to live for as long as the bytes are to be decoded
  record Encoded(byte[] bytes, Object held) implements StoredValue {}

  /// The value, or a new copy of it.
  default @Nullable Object read(ValueCodec codec) {
    return switch (this) {
      case Shared shared -> shared.value;
      case Encoded encoded -> {
        try {
          yield codec.decode(encoded.bytes);
        } finally {
          Reference.reachabilityFence(encoded.held);
        }
      }
    };
  }
}
