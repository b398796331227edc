package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.ObjectLostException;
import io.manta.core.TaskOptions;
import java.util.concurrent.CompletableFuture;

/// How the large result of a task is made once more when the nodes that held it are gone: by a task
/// of the same closure, with the retries that are left. Keeps what the closure captured.
///
/// @param attempts how many there were
/// @param what the task, in words
record Lineage(
    MantaRuntime runtime,
    TaskOptions options,
    Capture body,
    JobId job,
    Setting setting,
    int attempts,
    String what)
    implements Large.Producer {
  @Override
  public CompletableFuture<StoredValue> again() {
    var made = new CompletableFuture<StoredValue>();
    if (attempts > options.retries()) {
      made.completeExceptionally(
          new ObjectLostException(
              "the result of %s is lost with the node that held it, and all of its %d retries are used up"
                  .formatted(what, options.retries())));
      return made;
    }
    Ref<?> ref = runtime.objects().internalRef(job);
    var task = new SubmittedTask(runtime, options, body, ref, job, setting, attempts + 1);
    ref.madeBy(task);
    ref.whenDone(
        (value, failure) -> {
          if (value == null) {
            made.completeExceptionally(failure);
          } else {
            made.complete(value);
          }
        });
    task.enqueue();
    return made;
  }

  @Override
  public void forget() {
    body.close(runtime.objects());
  }
}
