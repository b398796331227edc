package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The actor is dead, or died under a call; the message says why and on which node.
public final class ActorDiedException extends MantaException {
  public ActorDiedException(String message) {
    this(message, null);
  }

  public ActorDiedException(String message, @Nullable Throwable cause) {
    super(Category.SYSTEM, message, cause);
  }
}
