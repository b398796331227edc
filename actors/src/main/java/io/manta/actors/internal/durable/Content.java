package io.manta.actors.internal.durable;

import java.util.List;
import java.util.Optional;

/// What is kept of a key: a snapshot, and the events after it.
record Content(Optional<byte[]> snapshot, List<byte[]> events) {
  static final Content EMPTY = new Content(Optional.empty(), List.of());
}
