package io.manta.core;

import java.io.Serializable;

/// A call on an actor that gives no value. See [RemoteCallable].
@FunctionalInterface
public interface RemoteConsumer<A> extends Serializable {
  void accept(A actor) throws Exception;
}
