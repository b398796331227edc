package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import io.manta.core.TaskOptions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A task as it was submitted, from which it is run again when what it gave is lost.
///
/// @param what the task, in words
record Recipe(
    MantaRuntime runtime,
    TaskOptions options,
    Capture body,
    JobId job,
    Setting setting,
    String what) {
  /// A value that is lost when other processes die: one in a store that is not this process's own.
  static Optional<Large> losable(MantaRuntime runtime, StoredValue value) {
    return value instanceof Payload payload
        ? payload.large().filter(large -> !large.stored().owner().equals(runtime.id()))
        : Optional.empty();
  }

  /// Whether it may run once more after so many attempts.
  boolean mayRun(int attempts) {
    return !body.isClosed() && attempts <= options.retries();
  }

  /// The next attempt, with the retries that are left after it.
  ///
  /// @param end done when it is over
  SubmittedTask after(int attempts, Ref<?> end) {
    var task = new SubmittedTask(runtime, options, body, end, job, setting, attempts + 1);
    end.madeBy(task);
    return task;
  }

  /// Begins an attempt, which has the whole of the timeout, once what it captured directly is there
  /// again.
  void begin(SubmittedTask attempt) {
    attempt.onceReady(
        () -> {
          options.timeout().ifPresent(attempt::limit);
          attempt.enqueue();
        },
        Recipe::needed);
  }

  /// Of what takes a value that is gone. Of a chain the failure is that of the first one.
  static MantaException needed(MantaException failure) {
    if (!(failure instanceof ObjectLostException lost)) {
      return failure;
    }
    Throwable first = lost.getCause() instanceof ObjectLostException cause ? cause : lost;
    return new ObjectLostException("that takes what is gone: " + first.getMessage(), first);
  }

  /// Why it may not run once more.
  ObjectLostException exhausted() {
    String why =
        body.isClosed()
            ? "what it takes was given up at the lineage-limit of "
                + runtime.config().lineageLimit()
            : "all of its %d retries are used up".formatted(options.retries());
    return new ObjectLostException("%s can't be run again: %s".formatted(what, why));
  }

  /// Whether it may run again when nothing went wrong.
  boolean isRepeatable() {
    return options.retries() > 0 && !body.isClosed();
  }

  /// It is about to be run again.
  ///
  /// @return whether it was not given up
  boolean wake() {
    return body.wake(runtime.objects());
  }

  /// A run is over, and what it gave may be lost later.
  void rest() {
    body.rest(runtime.objects());
  }

  /// How far a run of it is, in words.
  String describe(@Nullable SubmittedTask run) {
    return run == null ? what + " is to run again" : run.describe();
  }

  /// What has to be made again before it runs.
  List<ObjectId> awaited(@Nullable SubmittedTask run) {
    return run == null ? List.of() : run.awaited();
  }

  /// It will not be run again.
  void forget() {
    body.close(runtime.objects());
  }
}
