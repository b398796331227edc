package io.manta.core;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// The body of a task that gives a value: a lambda or method reference that can travel to another
/// process. What it captures travels with it. `Serializable` marks that; Java serialization itself
/// is never used.
@FunctionalInterface
public interface RemoteCallable<T extends @Nullable Object> extends Serializable {
  T call() throws Exception;
}
