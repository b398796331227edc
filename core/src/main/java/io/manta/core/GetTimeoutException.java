package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A value was not there in time; the work goes on.
public final class GetTimeoutException extends MantaException {
  public GetTimeoutException(String message) {
    this(message, null);
  }

  public GetTimeoutException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
