package io.manta.benchmarks;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// How many JVMs the runtime under measurement is made of.
enum Mode {
  /// One: the node lives in the process that submits the work.
  EMBEDDED,
  /// Several: a driver that has no cpus, and nodes.
  PROCESSES;

  /// What results of this mode are filed under.
  String peer() {
    return "manta-" + word();
  }

  @JsonValue
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
