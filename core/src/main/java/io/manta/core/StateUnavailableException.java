package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The state of a durable actor could not be read, or whether a change of it was kept is not known:
/// too few of the nodes that hold it, or its database, answered in time.
public final class StateUnavailableException extends MantaException {
  public StateUnavailableException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
