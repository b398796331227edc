package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.RemoteFunction;
import io.manta.objects.ValueCodec;
import org.jspecify.annotations.Nullable;

/// A call on an actor that lives on this node. Exactly one of the outcomes is called, once.
interface HostedCall {
  /// Opens the method that is called, decoding it if it came from another process.
  Capture body();

  ValueCodec codec();

  /// The job that makes it.
  JobId job();

  /// The concurrency group that it is in; empty for none.
  default String group() {
    return "";
  }

  /// Runs the method on the actor; on the calling thread.
  default @Nullable Object invoke(Object actor, Objects objects) throws Exception {
    return apply(body().open(codec(), objects), actor);
  }

  /// Runs a method on an actor.
  @SuppressWarnings("unchecked")
  static @Nullable Object apply(Object method, Object actor) throws Exception {
    try {
      return ((RemoteFunction<Object, ?>) method).apply(actor);
    } catch (ClassCastException e) {
      throw ActorTypes.explained(e, method, actor);
    }
  }

  /// It gave a value before it is over.
  default void item(long index, StoredValue value) {
    throw new IllegalStateException("nobody takes the values of this call one by one");
  }

  /// It gives values one by one from now on.
  default void emits(ItemEmitter emitter) {}

  /// Whether somebody still waits for it.
  boolean wanted();

  /// Called just before it runs, with the way to interrupt it.
  void running(Runnable interrupt);

  /// @throws io.manta.core.SerializationException when the value can't travel; nothing was told
  ///   then
  void succeeded(StoredValue value);

  void failed(MantaException failure);

  /// The actor moved away before it ran: it is made there.
  void elsewhere();
}
