package io.manta.serve;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Calls the replicas of a deployment from Java, without HTTP and JSON. Safe for use by many
/// threads.
public interface DeploymentHandle<I extends @Nullable Object, O extends @Nullable Object> {
  /// Calls the replica with the fewest requests from this process; does not block. The request is
  /// copied unless it is immutable.
  ///
  /// The stage fails with
  ///
  /// - [io.manta.core.TaskFailedException] when the handler threw; the cause is what it threw,
  /// - [io.manta.core.PendingCallsLimitExceededException] at once, when as many requests wait as
  ///   [Deployment#maxQueued] allows,
  /// - [io.manta.core.GetTimeoutException] when [Deployment#timeout] is over,
  /// - another [io.manta.core.MantaException] when the replica died or the application ended.
  ///
  /// Cancelling the stage cancels nothing.
  CompletionStage<O> call(I request);
}
