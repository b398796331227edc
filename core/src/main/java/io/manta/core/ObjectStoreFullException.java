package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A value found no room in the object store of its host; what the store holds is unharmed. Drop
/// references, or give the store more memory or disk.
public final class ObjectStoreFullException extends MantaException {
  public ObjectStoreFullException(String message) {
    this(message, null);
  }

  public ObjectStoreFullException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
