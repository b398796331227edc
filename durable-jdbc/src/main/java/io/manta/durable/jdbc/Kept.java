package io.manta.durable.jdbc;

import java.util.List;
import java.util.Optional;

/// What the database has of a key.
///
/// @param epoch higher each time the key is opened
/// @param sequence the number of its last event
record Kept(long epoch, long sequence, Optional<byte[]> snapshot, List<byte[]> events) {
  Kept {
    events = List.copyOf(events);
  }
}
