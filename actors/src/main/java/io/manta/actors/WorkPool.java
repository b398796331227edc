package io.manta.actors;

import io.manta.core.RefStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Workers that share inputs: tasks, or a fixed set of actors. Made by [Manta#pool].
///
/// A stream of results takes an input only when a worker has a place for it and an earlier result
/// was taken, so inputs may be endless and a slow consumer slows the workers. Inputs are read, and
/// submitted, by the thread that takes a result, which gets what they throw. A failed input is a
/// failed ref in the stream; the others go on. Closing the stream cancels what is under way.
public interface WorkPool<T extends @Nullable Object, R extends @Nullable Object> {
  /// Results in the order of their inputs.
  RefStream<R> map(Stream<? extends T> inputs);

  /// Results in the order in which they are done.
  RefStream<R> mapUnordered(Stream<? extends T> inputs);
}
