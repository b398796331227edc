package io.manta.core;

import org.jspecify.annotations.Nullable;

/// User code threw; the cause is what it threw, with its stack.
public final class TaskFailedException extends MantaException {
  public TaskFailedException(String message) {
    this(message, null);
  }

  public TaskFailedException(String message, @Nullable Throwable cause) {
    super(Category.USER_CODE, message, cause);
  }
}
