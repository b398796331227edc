package io.manta.actors.internal;

import org.jspecify.annotations.Nullable;

/// A value at rest: an immutable one that all readers share, or an encoded one that each reader
/// decodes to a copy of its own.
sealed interface StoredValue permits StoredValue.Shared, Payload {
  /// Immutable, so that sharing it can't be told from copying it.
  record Shared(@Nullable Object value) implements StoredValue {}
}
