package io.manta.cli;

import org.jspecify.annotations.Nullable;

/// Ends a command with exit code 1. The message is all that its user sees: what is wrong and what
/// to do, in a line or two.
public final class CommandException extends RuntimeException {
  public CommandException(String message) {
    this(message, null);
  }

  public CommandException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
