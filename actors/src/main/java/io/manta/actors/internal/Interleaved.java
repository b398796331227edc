package io.manta.actors.internal;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Marks what an actor's method gives later, while the actor is free for other calls.
public final class Interleaved<T extends @Nullable Object> extends CompletableFuture<T> {
  public Interleaved(CompletionStage<T> stage) {
    stage.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            complete(value);
          } else {
            completeExceptionally(failure);
          }
        });
  }
}
