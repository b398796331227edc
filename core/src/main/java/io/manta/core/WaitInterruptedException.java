package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The thread was interrupted while it waited for a value; the interrupt flag is set again.
public final class WaitInterruptedException extends MantaException {
  public WaitInterruptedException(String message) {
    this(message, null);
  }

  public WaitInterruptedException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
