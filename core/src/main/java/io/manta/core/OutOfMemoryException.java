package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A task was ended by its node, which ran low on memory, and no retry was left; the message names
/// both, what was in use and the limit. Not what the task itself meets when the heap is full: that
/// is a [TaskFailedException] with an [OutOfMemoryError].
public final class OutOfMemoryException extends MantaException {
  public OutOfMemoryException(String message) {
    this(message, null);
  }

  public OutOfMemoryException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
