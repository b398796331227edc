package io.manta.actors.internal.memory;

import io.manta.core.NodeId;
import io.manta.core.OutOfMemoryException;

/// An attempt of a task that a node runs.
public interface RunningTask {
  /// As errors name it.
  String what();

  /// The process that submitted it.
  NodeId owner();

  /// Whether its options allow for retries. Also when they are used up: or else the last attempt of
  /// a task that never fits would outlast all others.
  boolean retriable();

  /// Whether it has a process of its own.
  boolean isolated();

  /// [System#nanoTime] when it began.
  long startedNanos();

  boolean isOver();

  /// Interrupts it, or ends its process; once it is over its owner hears of the failure.
  void fail(OutOfMemoryException reason);
}
