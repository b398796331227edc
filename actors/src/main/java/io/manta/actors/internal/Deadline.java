package io.manta.actors.internal;

/// When somebody stops waiting.
///
/// @param nanos by [System#nanoTime]; [Long#MAX_VALUE] for never
record Deadline(long nanos) {
  static final Deadline NEVER = new Deadline(Long.MAX_VALUE);

  /// @param nanos [Long#MAX_VALUE] for no limit
  static Deadline after(long nanos) {
    return nanos == Long.MAX_VALUE ? NEVER : new Deadline(System.nanoTime() + nanos);
  }

  /// What is left, 0 at least; [Long#MAX_VALUE] for no limit.
  long left() {
    return this.equals(NEVER) ? Long.MAX_VALUE : Math.max(0, nanos - System.nanoTime());
  }
}
