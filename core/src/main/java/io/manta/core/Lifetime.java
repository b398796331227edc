package io.manta.core;

/// When an actor ends by itself.
public enum Lifetime {
  /// With the process that created it, whose job it belongs to.
  JOB,
  /// As [#JOB], and before that when nothing has a handle to it any more. Then it is stopped in
  /// order. Noticed by garbage collections, so some time later.
  HANDLES,
  /// Only when it is killed or stopped, or dies without a restart left. It outlives the process
  /// that created it.
  DETACHED
}
