package io.manta.actors.internal;

import io.manta.actors.RemoteActor;
import io.manta.core.Emitter;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteConsumer;
import io.manta.core.RemoteFunction;
import io.manta.core.RemoteGenerator;
import io.manta.core.RemoteStreamer;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// What this library makes of the closures of users. Records, which travel by their name: a lambda
/// runs only in the build that it was written by, and processes of one cluster may have several
/// builds of this library.
final class Closures {
  private Closures() {}

  /// A call that gives no value.
  record Returning<A>(RemoteConsumer<A> method) implements RemoteFunction<A, @Nullable Void> {
    @Override
    public @Nullable Void apply(A actor) throws Exception {
      method.accept(actor);
      return null;
    }
  }

  /// A call whose caller wants the value of the stage that it gives.
  record Awaiting<A>(RemoteFunction<A, ? extends CompletionStage<?>> method)
      implements RemoteFunction<A, Object> {
    @Override
    public Object apply(A actor) throws Exception {
      return Later.of(method.apply(actor));
    }
  }

  /// A call that gives many values.
  ///
  /// @param buffer how many it may give before its caller says more
  record Emitting<A>(RemoteStreamer<A, ?> method, int buffer) implements RemoteFunction<A, Object> {
    @Override
    public Object apply(A actor) {
      return new Streaming<>(actor, method, buffer);
    }
  }

  /// A call by the name of a method; see [View].
  ///
  /// @param result what the view says that it gives
  record Named<A extends RemoteActor>(
      String method, List<Class<?>> parameters, Class<?> result, Object[] arguments)
      implements RemoteFunction<A, @Nullable Object> {
    @Override
    public @Nullable Object apply(A actor) throws Exception {
      return View.run(actor, method, parameters, result, arguments);
    }
  }

  /// The last call of an actor that is stopped.
  record Stop<A extends RemoteActor>() implements RemoteConsumer<A> {
    @Override
    public void accept(A actor) {
      RemoteActor.Access.stopInOrder(actor);
    }
  }

  /// A task that gives a fixed number of values one by one.
  record Parts<T extends @Nullable Object>(int count, RemoteCallable<? extends List<T>> body)
      implements RemoteGenerator<T> {
    @Override
    public void run(Emitter<T> emitter) throws Exception {
      List<T> results = body.call();
      if (results.size() != count) {
        throw new IllegalStateException(
            "the task gave %d results, where %d were announced".formatted(results.size(), count));
      }
      results.forEach(emitter::emit);
    }
  }
}
