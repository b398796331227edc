package io.manta.actors.internal;

import java.util.concurrent.CompletableFuture;

/// How the large result of a task is made once more when the nodes that held it are gone: by a task
/// of the same closure, with the retries that are left. Keeps what the closure captured.
///
/// @param attempts how many there were
record Lineage(Recipe recipe, int attempts) implements Large.Producer {
  @Override
  public CompletableFuture<StoredValue> again() {
    var made = new CompletableFuture<StoredValue>();
    if (!recipe.mayRun(attempts)) {
      made.completeExceptionally(recipe.exhausted());
      return made;
    }
    Ref<?> ref = recipe.runtime().objects().internalRef(recipe.job());
    SubmittedTask task = recipe.after(attempts, ref);
    ref.whenDone(
        (value, failure) -> {
          if (value == null || Recipe.losable(recipe.runtime(), value).isEmpty()) {
            recipe.forget();
          }
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
    recipe.forget();
  }
}
