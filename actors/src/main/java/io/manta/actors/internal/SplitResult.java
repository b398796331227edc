package io.manta.actors.internal;

import io.manta.core.CancelOptions;
import io.manta.core.MantaException;
import io.manta.core.ObjectRef;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The results of a task that gives a fixed number of them.
final class SplitResult<T extends @Nullable Object> implements Items {
  private final List<Ref<T>> parts;

  /// @param end done when the task is over; cancelled with any of the parts
  SplitResult(MantaRuntime runtime, SubmittedTask task, Ref<?> end, int count) {
    this.parts =
        IntStream.range(0, count).mapToObj(i -> runtime.objects().<T>newRef(task.job())).toList();
    for (Ref<T> part : parts) {
      part.madeBy(
          new Ref.Source() {
            @Override
            public void cancel() {
              end.cancel();
            }

            @Override
            public void cancel(CancelOptions options) {
              end.cancel(options);
            }

            @Override
            public void probe(WaitCycles cycles, Message.WaitProbe probe) {
              task.probe(cycles, probe);
            }

            @Override
            public String describe() {
              return task.describe();
            }
          });
    }
  }

  List<ObjectRef<T>> refs() {
    return List.copyOf(parts);
  }

  @Override
  public long begin() {
    return Long.MAX_VALUE;
  }

  @Override
  public void item(long index, StoredValue value) {
    parts.get((int) index).complete(value);
  }

  /// The task is over; a failure is that of all parts that are not there.
  void ended(@Nullable MantaException failure) {
    if (failure != null) {
      parts.forEach(part -> part.fail(failure));
    }
  }
}
