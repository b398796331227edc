package io.manta.core;

import org.jspecify.annotations.Nullable;

/// No node could ever run what was asked for; the message names the closest node and what it lacks.
public final class InfeasibleException extends MantaException {
  public InfeasibleException(String message) {
    this(message, null);
  }

  public InfeasibleException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
