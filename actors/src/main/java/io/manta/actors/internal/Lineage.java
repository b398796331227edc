package io.manta.actors.internal;

import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// How the large result of a task is made once more when the nodes that held it are gone, or when
/// it was freed and a task that captured it is run again: by a task of the same closure, with the
/// retries that are left. Keeps the closure, and of what that captured the lineage.
final class Lineage implements Large.Producer {
  private final Recipe recipe;
  private final int attempts;
  private volatile @Nullable SubmittedTask run;

  /// Done when the run is over. Guarded by this, as what follows.
  private @Nullable Ref<?> end;

  private boolean forgotten;

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
  public boolean isCheap() {
    return true;
  }

  @Override
  public CompletableFuture<StoredValue> again(boolean freed) {
    if (isForgotten()) {
      return CompletableFuture.failedFuture(letGo());
    }
    int before = freed ? attempts - 1 : attempts;
    if (!recipe.mayRun(before) || !recipe.wake()) {
      return CompletableFuture.failedFuture(recipe.exhausted());
    }
    var made = new CompletableFuture<StoredValue>();
    Ref<?> ref = recipe.runtime().objects().internalRef(recipe.job());
    SubmittedTask task = recipe.after(before, ref);
    synchronized (this) {
      if (forgotten) {
        return CompletableFuture.failedFuture(letGo());
      }
      end = ref;
      run = task;
    }
    ref.whenDone(
        (value, failure) -> {
          if (value != null && isForgotten()) {
            recipe.runtime().objects().close(value);
          }
          if (value == null || Recipe.losable(recipe.runtime(), value).isEmpty()) {
            recipe.forget();
          }
          if (value == null) {
            made.completeExceptionally(failure);
          } else {
            made.complete(value);
          }
        });
    Turns.run(() -> recipe.begin(task)); // it may begin what it captured, and that the same
    return made;
  }

  @Override
  public String describe() {
    return recipe.describe(run);
  }

  @Override
  public List<ObjectId> awaited() {
    return recipe.awaited(run);
  }

  private synchronized boolean isForgotten() {
    return forgotten;
  }

  @Override
  public void forget() {
    Ref<?> useless;
    SubmittedTask maker;
    synchronized (this) {
      forgotten = true;
      useless = end;
      maker = run;
    }
    recipe.forget();
    if (useless != null && maker != null && useless.fail(letGo())) {
      maker.cancel();
    }
  }

  private static ObjectLostException letGo() {
    return new ObjectLostException("each ref to it was closed while it was made again");
  }

  @Override
  public void collected() {
    if (run == null) {
      forget(); // else that is up to what the other run gives
    }
  }
}
