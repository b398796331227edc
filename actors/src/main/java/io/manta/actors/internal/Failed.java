package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.InfeasibleException;
import io.manta.core.IsolatedProcessDiedException;
import io.manta.core.MantaException;
import io.manta.core.NodeDiedException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.OutOfMemoryException;
import io.manta.core.OwnerDiedException;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.SerializationException;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import io.manta.core.TaskId;
import io.manta.core.TaskTimeoutException;
import io.manta.core.WaitCycleException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// Makes the errors that callers see.
final class Failed {
  private Failed() {}

  /// A task as errors name it.
  static String task(String name, TaskId id) {
    return "task '" + name + "' (" + id + ")";
  }

  /// How a task or call failed: by its code, or since its result can't be copied or stored.
  static MantaException of(String what, NodeId node, Throwable cause) {
    return switch (cause) {
      case SerializationException e -> uncopyable(what, node, e);
      case ObjectStoreFullException e ->
          new ObjectStoreFullException("%s on %s: %s".formatted(what, node, e.getMessage()), e);
      default -> byUser(what, node, cause);
    };
  }

  private static TaskFailedException byUser(String what, NodeId node, Throwable cause) {
    return new TaskFailedException(what + " failed on " + node + ": " + text(cause), cause);
  }

  /// What an exception says of itself; its own code may throw.
  static String text(Throwable cause) {
    try {
      return cause.toString();
    } catch (RuntimeException | Error e) {
      return cause.getClass().getName() + ", whose text can't be read";
    }
  }

  static TaskCancelledException cancelled(String what) {
    return new TaskCancelledException(what + " was cancelled");
  }

  /// One of ours stays as it is, out of what a future wraps it in; with anything else the runtime
  /// failed.
  static MantaException bySystem(Throwable cause) {
    return switch (cause) {
      case MantaException known -> known;
      case CompletionException wrapper when wrapper.getCause() != null ->
          bySystem(wrapper.getCause());
      default -> new ClusterUnavailableException("the runtime failed: " + cause, cause);
    };
  }

  /// Of an object that can't be given to who asks for it.
  static MantaException giving(ObjectId object, NodeId node, Throwable cause) {
    return cause instanceof SerializationException e
        ? uncopyable(object.toString(), node, e)
        : bySystem(cause);
  }

  /// The same failure with the stack of the thread that asked; the original is the cause where user
  /// code's exception is not.
  static MantaException rethrown(MantaException failure) {
    String message = String.valueOf(failure.getMessage());
    Throwable cause = failure.getCause();
    return withMessage(failure, message, cause == null ? failure : cause);
  }

  static SerializationException uncopyable(String what, NodeId node, SerializationException cause) {
    return new SerializationException(what + " on " + node + ": " + cause.getMessage(), cause);
  }

  /// Of the same type as a failure, with another message.
  static MantaException withMessage(
      MantaException failure, String message, @Nullable Throwable cause) {
    return switch (failure) {
      case TaskFailedException ignored -> new TaskFailedException(message, cause);
      case TaskCancelledException ignored -> new TaskCancelledException(message, cause);
      case ActorDiedException died -> new ActorDiedException(died.reason(), message, cause);
      case NodeDiedException ignored -> new NodeDiedException(message, cause);
      case ObjectStoreFullException ignored -> new ObjectStoreFullException(message, cause);
      case IsolatedProcessDiedException ignored -> new IsolatedProcessDiedException(message, cause);
      case OutOfMemoryException ignored -> new OutOfMemoryException(message, cause);
      case OwnerDiedException ignored -> new OwnerDiedException(message, cause);
      case ObjectLostException ignored -> new ObjectLostException(message, cause);
      case InfeasibleException ignored -> new InfeasibleException(message, cause);
      case SerializationException ignored -> new SerializationException(message, cause);
      case ClusterUnavailableException ignored -> new ClusterUnavailableException(message, cause);
      case PendingCallsLimitExceededException ignored ->
          new PendingCallsLimitExceededException(message, cause);
      case PlacementGroupRemovedException ignored ->
          new PlacementGroupRemovedException(message, cause);
      case StateFencedException ignored -> new StateFencedException(message);
      case StateUnavailableException ignored -> new StateUnavailableException(message, cause);
      case TaskTimeoutException ignored -> new TaskTimeoutException(message, cause);
      case WaitCycleException ignored -> new WaitCycleException(message, cause);
      default -> failure;
    };
  }
}
