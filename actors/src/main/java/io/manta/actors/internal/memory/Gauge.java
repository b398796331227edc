package io.manta.actors.internal.memory;

import java.util.List;

/// Measures memory.
interface Gauge {
  /// None where the system does not tell.
  List<MemoryReading> read();

  /// Something changed: what was found before is not to be told again.
  default void measureAnew() {}
}
