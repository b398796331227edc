package io.manta.core;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The root of what Manta throws. The message names the value, the limit and what to do.
public abstract sealed class MantaException extends RuntimeException
    permits ActorDiedException,
        ClusterUnavailableException,
        ConfigurationException,
        GetTimeoutException,
        InfeasibleException,
        IsolatedProcessDiedException,
        NodeDiedException,
        ObjectLostException,
        ObjectStoreFullException,
        OutOfMemoryException,
        OwnerDiedException,
        PendingCallsLimitExceededException,
        PlacementGroupRemovedException,
        SerializationException,
        StateFencedException,
        StateUnavailableException,
        TaskCancelledException,
        TaskFailedException,
        TaskTimeoutException,
        WaitCycleException,
        WaitInterruptedException {
  /// Whose turn it is.
  public enum Category {
    /// The caller asked for something that can't be: change the request.
    CALLER,
    /// User code failed: see the cause.
    USER_CODE,
    /// A part of the system failed.
    SYSTEM,
    /// The same request may succeed later.
    RETRY_LATER
  }

  private final Category category;

  MantaException(Category category, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.category = category;
  }

  public Category category() {
    return category;
  }

  /// The kind of error for programs, such as `TASK_FAILED`; stable between versions.
  public String code() {
    String name = getClass().getSimpleName().replaceFirst("Exception$", "");
    return name.replaceAll("(?<!^)(?=[A-Z])", "_").toUpperCase(Locale.ROOT);
  }
}
