package io.manta.core;

import java.util.Iterator;
import java.util.concurrent.Flow;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// Refs that come one after another, while what makes them still runs. There is one consumer: it
/// iterates, blocking, or subscribes, with backpressure. Both are slow-consumer safe: what makes
/// the refs waits rather than that they pile up, where its kind allows that.
///
/// ```java
/// try (RefStream<Row> rows = manta.generator(body).submit()) {
///   for (ObjectRef<Row> row : rows) {
///     use(row.get());
///   }
/// }
/// ```
public interface RefStream<T extends @Nullable Object>
    extends Iterable<ObjectRef<T>>, Flow.Publisher<ObjectRef<T>>, AutoCloseable {
  /// The refs, in their order. `hasNext()` waits for the next ref, or the end, as [ObjectRef#get()]
  /// waits, and throws what ended the stream early; the refs before that are still good.
  ///
  /// @throws IllegalStateException when the stream has a consumer already
  @Override
  Iterator<ObjectRef<T>> iterator();

  /// The same, pushed as the subscriber asks for them. A subscription that is cancelled closes the
  /// stream.
  ///
  /// @throws IllegalStateException when the stream has a consumer already
  @Override
  void subscribe(Flow.Subscriber<? super ObjectRef<T>> subscriber);

  /// The values of the refs, in their order; blocks as the iterator does.
  default Stream<T> values() {
    return StreamSupport.stream(spliterator(), false).map(ObjectRef::get).onClose(this::close);
  }

  /// Nobody wants more: cancels what makes the refs. Harmless when it is over, and when repeated.
  @Override
  void close();
}
