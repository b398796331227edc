package io.manta.testkit.chaos;

import org.jspecify.annotations.Nullable;

/// Something that is promised was not kept, as opposed to a test that could not be carried out.
public final class Violation extends AssertionError {
  /// What it was.
  public enum Kind {
    /// A call or task failed in a way in which it may not.
    FAILURE,
    /// An answer did not come in time.
    HANG,
    /// A counter counted wrongly.
    COUNTERS,
    /// A task ran too often, not at all, or came to something else.
    TASKS,
    /// The accounts are not what was acknowledged.
    ACCOUNTS,
    /// Resources stayed taken.
    RESOURCES
  }

  private final Kind kind;

  Violation(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
