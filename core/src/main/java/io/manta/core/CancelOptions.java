package io.manta.core;

/// How far a cancel goes. See [ObjectRef#cancel(CancelOptions)].
///
/// @param recursive cancels what the task submitted too; true by default
/// @param force ends the process of an isolated task at once, whatever its code does; false by
///   default. A task in the node's own JVM can only be interrupted: its resources return when its
///   code ends
public record CancelOptions(boolean recursive, boolean force) {
  private static final CancelOptions DEFAULTS = new CancelOptions(true, false);

  public static CancelOptions defaults() {
    return DEFAULTS;
  }

  public CancelOptions withRecursive(boolean value) {
    return new CancelOptions(value, force);
  }

  public CancelOptions withForce(boolean value) {
    return new CancelOptions(recursive, value);
  }
}
