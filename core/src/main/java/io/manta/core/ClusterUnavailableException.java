package io.manta.core;

import org.jspecify.annotations.Nullable;

/// No node of the cluster answers, or this process left it.
public final class ClusterUnavailableException extends MantaException {
  public ClusterUnavailableException(String message) {
    this(message, null);
  }

  public ClusterUnavailableException(String message, @Nullable Throwable cause) {
    super(Category.RETRY_LATER, message, cause);
  }
}
