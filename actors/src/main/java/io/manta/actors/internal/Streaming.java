package io.manta.actors.internal;

import io.manta.core.Emitter;
import io.manta.core.RemoteStreamer;
import org.jspecify.annotations.Nullable;

/// What a call gives whose caller wants many values, before it gave any.
///
/// @param limit how many it may give before its caller says more
record Streaming<A>(A actor, RemoteStreamer<A, ?> method, long limit) {
  @SuppressWarnings("unchecked")
  void run(Emitter<@Nullable Object> emitter) throws Exception {
    try {
      ((RemoteStreamer<A, @Nullable Object>) method).run(actor, emitter);
    } catch (ClassCastException e) {
      throw ActorTypes.explained(e, method, actor);
    }
  }
}
