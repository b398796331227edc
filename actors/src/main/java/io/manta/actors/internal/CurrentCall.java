package io.manta.actors.internal;

import io.manta.actors.Manta;
import io.manta.core.TaskContext;

/// The task or actor's call that a thread runs.
public record CurrentCall(Manta runtime, TaskContext context) {
  private static final ScopedValue<CurrentCall> CURRENT = ScopedValue.newInstance();

  /// Bound while user code runs.
  public static ScopedValue<CurrentCall> scoped() {
    return CURRENT;
  }

  /// @throws IllegalStateException outside of a task or call
  public static CurrentCall required() {
    if (!CURRENT.isBound()) {
      throw new IllegalStateException("this thread runs neither a task nor an actor's call");
    }
    return CURRENT.get();
  }
}
