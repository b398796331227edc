package io.manta.core;

import org.jspecify.annotations.Nullable;

/// The actor is dead, or died under a call; the message says why and on which node.
public final class ActorDiedException extends MantaException {
  /// Why an actor is dead.
  public enum Reason {
    /// Somebody called `kill`, or its parent, job or node's host ended it at once.
    KILLED,
    /// It was stopped in order, by `stop` or with its parent.
    STOPPED,
    /// It called `exit` itself.
    EXITED,
    /// Its node died, and it had no restart left.
    NODE_DIED,
    /// The process that created it, and so answers for it, is gone.
    OWNER_DIED,
    /// The job that it belonged to is over.
    JOB_ENDED,
    /// Its constructor, `onStart` or `onRestart` threw, or did not end in time.
    CONSTRUCTOR_FAILED,
    /// Nothing had a handle to it any more.
    OUT_OF_SCOPE,
    /// No node has, or ever had, the resources that it asked for.
    RESOURCES_GONE,
    /// It was not created: another actor has its name.
    NAME_TAKEN,
    /// What was kept of its durable state could not be had in time, and it may never restart.
    STATE_UNAVAILABLE,
    /// A later incarnation has taken its durable state over.
    STATE_TAKEN_OVER,
    /// The process of an isolated actor ended.
    PROCESS_DIED,
    /// The runtime was closed through which it was called, or that it lived on.
    RUNTIME_CLOSED,
    /// It is not known, or not any more, to who would know.
    UNKNOWN
  }

  private final Reason reason;

  public ActorDiedException(Reason reason, String message) {
    this(reason, message, null);
  }

  public ActorDiedException(Reason reason, String message, @Nullable Throwable cause) {
    super(Category.SYSTEM, message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
