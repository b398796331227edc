package io.manta.core;

import org.jspecify.annotations.Nullable;

/// Takes the values of a generator task, for use by one thread at a time.
@FunctionalInterface
public interface Emitter<T extends @Nullable Object> {
  /// Gives a value to whoever consumes the stream, copied unless it is immutable. Waits while as
  /// many values as the task's buffer holds have not been consumed; the task's resources are given
  /// back meanwhile.
  ///
  /// @throws TaskCancelledException when nobody consumes any more, or the task was cancelled
  /// @throws SerializationException when the value can't be copied
  void emit(T value);
}
