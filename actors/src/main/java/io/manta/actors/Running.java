package io.manta.actors;

import io.manta.core.RemoteCallable;
import io.manta.core.RemoteRunnable;
import org.jspecify.annotations.Nullable;

/// A task that gives no value.
record Running(RemoteRunnable body) implements RemoteCallable<@Nullable Void> {
  @Override
  public @Nullable Void call() throws Exception {
    body.run();
    return null;
  }
}
