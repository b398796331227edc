package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.core.ObjectLostException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// How the large result of a task is made once more when the nodes that held it are gone, or when
/// it was freed and a task that captured it is run again: by a task of the same closure, with the
/// retries that are left. Keeps the closure, and of what that captured the lineage.
final class Lineage implements Large.Producer {
  private final Recipe recipe;
  private final int attempts;
  private volatile boolean begun;
  private volatile @Nullable SubmittedTask run;

  /// @param attempts how many there were
  Lineage(Recipe recipe, int attempts) {
    this.recipe = recipe;
    this.attempts = attempts;
  }

  @Override
  public boolean isRepeatable() {
    return recipe.isRepeatable();
  }

  @Override
  public CompletableFuture<StoredValue> again(boolean freed) {
    int before = freed ? attempts - 1 : attempts;
    if (!recipe.mayRun(before)) {
      return CompletableFuture.failedFuture(recipe.exhausted());
    }
    begun = true;
    var made = new CompletableFuture<StoredValue>();
    // What it captured comes first, so that no task waits for another with its resources taken. In
    // turns, since that may take what it captured itself, and so on.
    Turns.run(
        () ->
            recipe
                .wake()
                .whenComplete(
                    (ready, failure) -> {
                      if (failure == null) {
                        run(before, made);
                      } else {
                        Turns.run(() -> failed(needed(Failed.bySystem(failure)), made));
                      }
                    }));
    return made;
  }

  private void run(int before, CompletableFuture<StoredValue> made) {
    Ref<?> ref = recipe.runtime().objects().internalRef(recipe.job());
    SubmittedTask task = recipe.after(before, ref);
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
  }

  private void failed(MantaException failure, CompletableFuture<StoredValue> made) {
    recipe.forget();
    made.completeExceptionally(failure);
  }

  /// Of a chain of values that are made again one from another, the failure is that of the first
  /// one that can't be.
  static MantaException needed(MantaException failure) {
    if (!(failure instanceof ObjectLostException lost)) {
      return failure;
    }
    ObjectLostException first = lost.getCause() instanceof ObjectLostException cause ? cause : lost;
    return new ObjectLostException("that takes what is gone: " + first.getMessage(), first);
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
    if (!begun) {
      forget(); // else that is up to what the other run gives
    }
  }
}
