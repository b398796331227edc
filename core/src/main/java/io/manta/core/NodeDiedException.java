package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A node died with work on it and no retry was left; the message names node and attempts.
public final class NodeDiedException extends MantaException {
  public NodeDiedException(String message) {
    this(message, null);
  }

  public NodeDiedException(String message, @Nullable Throwable cause) {
    super(Category.SYSTEM, message, cause);
  }
}
