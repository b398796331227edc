package io.manta.actors.internal;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// How the large result of a task is made once more when the nodes that held it are gone: by a task
/// of the same closure, with the retries that are left. Keeps what the closure captured.
final class Lineage implements Large.Producer {
  private final Recipe recipe;
  private final int attempts;
  private volatile @Nullable SubmittedTask run;

  /// @param attempts how many there were
  Lineage(Recipe recipe, int attempts) {
    this.recipe = recipe;
    this.attempts = attempts;
  }

  @Override
  public CompletableFuture<StoredValue> again() {
    var made = new CompletableFuture<StoredValue>();
    if (!recipe.mayRun(attempts)) {
      made.completeExceptionally(recipe.exhausted());
      return made;
    }
    Ref<?> ref = recipe.runtime().objects().internalRef(recipe.job());
    recipe.wake();
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
    run = task;
    task.enqueue();
    return made;
  }

  @Override
  public String describe() {
    return recipe.describe(run);
  }

  @Override
  public void forget() {
    recipe.forget();
  }

  @Override
  public void collected() {
    if (run == null) {
      forget(); // else that is up to what the other run gives
    }
  }
}
