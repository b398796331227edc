package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A value that cannot be encoded or decoded; the message names the path of fields to it.
public final class SerializationException extends MantaException {
  public SerializationException(String message) {
    this(message, null);
  }

  public SerializationException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
