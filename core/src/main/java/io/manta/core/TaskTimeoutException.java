package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A task was not over within its timeout, and was cancelled with the tasks that it submitted.
public final class TaskTimeoutException extends MantaException {
  public TaskTimeoutException(String message) {
    this(message, null);
  }

  public TaskTimeoutException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
