package io.manta.core;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// A call on an actor that gives many values, one after another. See [RemoteCallable].
@FunctionalInterface
public interface RemoteStreamer<A, T extends @Nullable Object> extends Serializable {
  void run(A actor, Emitter<T> emitter) throws Exception;
}
