package io.manta.benchmarks;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What is under measurement, and of how many JVMs it is made.
enum Mode {
  /// Manta in one: the node lives in the process that submits the work.
  EMBEDDED,
  /// Manta in several: a driver that has no cpus, and nodes.
  PROCESSES,
  /// Pekko alone, in one.
  PEKKO,
  /// Pekko alone, in two: the actor lives in the other.
  PEKKO_PROCESSES;

  static final List<Mode> MANTA = List.of(EMBEDDED, PROCESSES);

  boolean isPekko() {
    return !MANTA.contains(this);
  }

  /// How many take part.
  ///
  /// @param nodes where they are processes
  int jvms(int nodes) {
    return switch (this) {
      case EMBEDDED, PEKKO -> 1;
      case PROCESSES -> nodes + 1;
      case PEKKO_PROCESSES -> 2;
    };
  }

  /// What results of this mode are filed under.
  String peer() {
    return isPekko() ? word() : "manta-" + word();
  }

  @JsonValue
  String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  @JsonCreator
  static Mode of(String word) {
    return Arrays.stream(values())
        .filter(mode -> mode.word().equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("'" + word + "' is no mode"));
  }
}
