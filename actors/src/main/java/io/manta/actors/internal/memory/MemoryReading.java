package io.manta.actors.internal.memory;

import io.manta.core.DataSize;
import java.util.Locale;

/// How much of one kind of memory is in use.
///
/// @param used without what can be had back at once: garbage, the system's copies of files
/// @param takenNanos what was in use then is seen; what became free later may not be
/// @param inHeap whether this JVM's heap makes up most of it
record MemoryReading(Kind kind, long used, long limit, long takenNanos, boolean inHeap) {
  enum Kind {
    HEAP("its heap holds", "give the node a larger heap (-Xmx)"),
    GROUP("its control group uses", "raise the group's limit"),
    HOST("its host uses", "give the host more");

    private final String text;
    private final String remedy;

    Kind(String text, String remedy) {
      this.text = text;
      this.remedy = remedy;
    }

    String remedy() {
      return remedy;
    }
  }

  double part() {
    return (double) used / limit;
  }

  /// Whether ending a task that has a process of its own makes it less.
  boolean countsProcesses() {
    return kind != Kind.HEAP;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s %s of %s (%.0f %%)",
        kind.text,
        new DataSize(used),
        new DataSize(limit),
        100 * part());
  }
}
