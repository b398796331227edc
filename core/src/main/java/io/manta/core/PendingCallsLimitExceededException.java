package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A caller has as many calls pending on an actor as it may; wait for some of them.
public final class PendingCallsLimitExceededException extends MantaException {
  public PendingCallsLimitExceededException(String message) {
    this(message, null);
  }

  public PendingCallsLimitExceededException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
