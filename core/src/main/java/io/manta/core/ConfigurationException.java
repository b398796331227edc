package io.manta.core;

import org.jspecify.annotations.Nullable;

/// A setting that is unknown or out of its range.
public final class ConfigurationException extends MantaException {
  public ConfigurationException(String message) {
    this(message, null);
  }

  public ConfigurationException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
