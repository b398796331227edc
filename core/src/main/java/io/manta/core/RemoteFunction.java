package io.manta.core;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// A call on an actor, or a step on a value, that gives a value. See [RemoteCallable].
@FunctionalInterface
public interface RemoteFunction<A, T extends @Nullable Object> extends Serializable {
  T apply(A actor) throws Exception;
}
