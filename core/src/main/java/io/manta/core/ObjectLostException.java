package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A value is gone although its owner lives: it was let go of, or the node that held it died and it
/// can't be made again. The message says which, and who owned and held it.
public final class ObjectLostException extends MantaException {
  public ObjectLostException(String message) {
    this(message, null);
  }

  public ObjectLostException(String message, @Nullable Throwable cause) {
    super(Category.SYSTEM, message, cause);
  }
}
