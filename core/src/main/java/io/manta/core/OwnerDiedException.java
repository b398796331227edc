package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The process that owned a value is gone, and the value with it.
public final class OwnerDiedException extends MantaException {
  public OwnerDiedException(String message) {
    this(message, null);
  }

  public OwnerDiedException(String message, @Nullable Throwable cause) {
    super(Category.SYSTEM, message, cause);
  }
}
