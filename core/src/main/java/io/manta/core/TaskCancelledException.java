package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The task or call was cancelled, or its job ended.
public final class TaskCancelledException extends MantaException {
  public TaskCancelledException(String message) {
    this(message, null);
  }

  public TaskCancelledException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
