package io.manta.core;

import org.jspecify.annotations.Nullable;

/// Closes the refs that its thread made or received since the scope was opened. Of the thread that
/// opened it; scopes nest.
///
/// ```java
/// try (var scope = manta.scope()) {
///   var parts = inputs.stream().map(input -> manta.submit(() -> count(input))).toList();
///   return scope.keep(manta.submit(() -> sum(parts)));
/// }
/// ```
public interface RefScope extends AutoCloseable {
  /// Takes a ref out of the scope: it stays open.
  <T extends @Nullable Object> ObjectRef<T> keep(ObjectRef<T> ref);

  @Override
  void close();
}
