package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The placement group that a task was in, or that was waited for, is removed; the message names it
/// and says why.
public final class PlacementGroupRemovedException extends MantaException {
  public PlacementGroupRemovedException(String message) {
    this(message, null);
  }

  public PlacementGroupRemovedException(String message, @Nullable Throwable cause) {
    super(Category.CALLER, message, cause);
  }
}
