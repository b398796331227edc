package io.manta.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a wait found: the refs that are done and those that are not, each in the order given.
public record Ready<T extends @Nullable Object>(
    List<ObjectRef<T>> ready, List<ObjectRef<T>> pending) {
  public Ready {
    ready = List.copyOf(ready);
    pending = List.copyOf(pending);
  }
}
