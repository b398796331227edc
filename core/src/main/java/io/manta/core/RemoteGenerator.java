package io.manta.core;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/// The body of a task that gives many values, one after another. See [RemoteCallable].
@FunctionalInterface
public interface RemoteGenerator<T extends @Nullable Object> extends Serializable {
  void run(Emitter<T> emitter) throws Exception;
}
