package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The process of an isolated task ended under it and no retry was left, or it could not be
/// started; the message names the exit code and the last lines that it wrote.
public final class IsolatedProcessDiedException extends MantaException {
  public IsolatedProcessDiedException(String message) {
    this(message, null);
  }

  public IsolatedProcessDiedException(String message, @Nullable Throwable cause) {
    super(Category.SYSTEM, message, cause);
  }
}
