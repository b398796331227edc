package io.manta.actors.internal;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A value at rest: an immutable one that all readers share, or an encoded one that each reader
/// decodes to a copy of its own.
sealed interface StoredValue permits StoredValue.Shared, Payload {
  /// Immutable, so that sharing it can't be told from copying it. Encoded once, when another
  /// process first wants it.
  final class Shared implements StoredValue {
    private static final int SHORT_TEXT = 1000;

    private final @Nullable Object value;
    private volatile @Nullable Payload encoded;

    Shared(@Nullable Object value) {
      this.value = value;
    }

    @Nullable Object value() {
      return value;
    }

    /// Whether encoding it takes no time worth a thought, so that any thread may.
    boolean isCheap() {
      return encoded != null
          || value == null
          || value instanceof Number
          || value instanceof Boolean
          || value instanceof Enum<?>
          || (value instanceof String text && text.length() <= SHORT_TEXT);
    }

    Payload encoded(Supplier<Payload> encode) {
      Payload known = encoded;
      if (known != null) {
        return known;
      }
      synchronized (this) {
        known = encoded;
        if (known == null) {
          known = encode.get();
          encoded = known;
        }
        return known;
      }
    }
  }
}
