package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A wait that could never end: what it waited for waits, by way of others, for the one that waits.
/// The message names all of them.
public final class WaitCycleException extends MantaException {
  public WaitCycleException(String message) {
    this(message, null);
  }

  public WaitCycleException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
