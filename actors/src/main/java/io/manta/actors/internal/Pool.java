package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.actors.WorkPool;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Workers, each of which has a place or more for an input at a time.
final class Pool<T extends @Nullable Object, R extends @Nullable Object> implements WorkPool<T, R> {
  /// One that it works on, and one that waits, so that it need not wait for the next.
  private static final int INPUTS_PER_ACTOR = 2;

  private final MantaRuntime runtime;
  private final List<Function<? super T, ObjectRef<R>>> workers;
  private final int inputsEach;

  private Pool(
      MantaRuntime runtime, List<Function<? super T, ObjectRef<R>>> workers, int inputsEach) {
    this.runtime = runtime;
    this.workers = workers;
    this.inputsEach = inputsEach;
  }

  static <T extends @Nullable Object, R extends @Nullable Object> Pool<T, R> of(
      MantaRuntime runtime, int width, Function<? super T, ObjectRef<R>> submit) {
    if (width < 1) {
      throw new IllegalArgumentException("a width of " + width + " must be 1 or more");
    }
    return new Pool<>(runtime, List.of(submit), width);
  }

  static <A extends RemoteActor, T extends @Nullable Object, R extends @Nullable Object>
      Pool<T, R> of(
          MantaRuntime runtime,
          List<ActorHandle<A>> actors,
          BiFunction<? super ActorHandle<A>, ? super T, ObjectRef<R>> call) {
    if (actors.isEmpty()) {
      throw new IllegalArgumentException("a pool needs an actor at least");
    }
    List<Function<? super T, ObjectRef<R>>> workers =
        actors.stream()
            .<Function<? super T, ObjectRef<R>>>map(actor -> input -> call.apply(actor, input))
            .toList();
    return new Pool<>(runtime, workers, INPUTS_PER_ACTOR);
  }

  @Override
  public RefStream<R> map(Stream<? extends T> inputs) {
    return new Results(inputs, true);
  }

  @Override
  public RefStream<R> mapUnordered(Stream<? extends T> inputs) {
    return new Results(inputs, false);
  }

  /// One input's result, and who works on it.
  private static final class Entry<R extends @Nullable Object> {
    private final Ref<R> ref;
    private final int worker;

    Entry(Ref<R> ref, int worker) {
      this.ref = ref;
      this.worker = worker;
    }
  }

  /// Inputs are taken as their results are: never more are under way than the workers have places.
  /// What the user wrote, inputs and workers, is called by the consumer only, and holding no lock.
  private final class Results extends PulledStream<R> {
    private final Stream<? extends T> inputs;
    private final Iterator<? extends T> left;
    private final boolean ordered;
    private final int[] load = new int[workers.size()];

    /// Results that are not taken yet, in the order of their inputs.
    private final ArrayDeque<Entry<R>> order = new ArrayDeque<>();

    /// Those of them that are there, in the order in which they came.
    private final ArrayDeque<Entry<R>> done = new ArrayDeque<>();

    private boolean closed;
    private @Nullable CompletableFuture<Optional<ObjectRef<R>>> waiting;

    Results(Stream<? extends T> inputs, boolean ordered) {
      super(Pool.this.runtime);
      this.inputs = inputs;
      this.left = inputs.iterator();
      this.ordered = ordered;
    }

    @Override
    CompletableFuture<Optional<ObjectRef<R>>> pull() {
      while (hasPlace() && left.hasNext()) {
        begin(left.next());
      }
      synchronized (this) {
        if (order.isEmpty()) {
          return CompletableFuture.completedFuture(Optional.empty());
        }
        Optional<ObjectRef<R>> ready = take();
        if (ready.isPresent()) {
          return CompletableFuture.completedFuture(ready);
        }
        waiting = new CompletableFuture<>();
        return waiting;
      }
    }

    private synchronized boolean hasPlace() {
      return !closed && order.size() < workers.size() * inputsEach;
    }

    private void begin(T input) {
      int worker;
      synchronized (this) {
        worker =
            IntStream.range(0, load.length)
                .boxed()
                .min(Comparator.comparingInt(i -> load[i]))
                .orElseThrow();
        load[worker]++;
      }
      var entry = new Entry<>((Ref<R>) workers.get(worker).apply(input), worker);
      boolean late;
      synchronized (this) {
        order.add(entry);
        late = closed;
      }
      if (late) {
        entry.ref.cancel();
      }
      entry.ref.whenDone((value, failure) -> isDone(entry));
    }

    private void isDone(Entry<R> entry) {
      CompletableFuture<Optional<ObjectRef<R>>> waiter;
      Optional<ObjectRef<R>> ready;
      synchronized (this) {
        done.add(entry);
        waiter = waiting;
        ready = waiter == null ? Optional.empty() : take();
        if (ready.isPresent()) {
          waiting = null;
        }
      }
      if (waiter != null && ready.isPresent()) {
        waiter.complete(ready);
      }
    }

    /// The next result, if it is there. Under the lock.
    private Optional<ObjectRef<R>> take() {
      Entry<R> next = ordered ? order.peek() : done.peek();
      if (next == null || !done.remove(next)) {
        return Optional.empty();
      }
      order.remove(next);
      load[next.worker]--;
      return Optional.of(next.ref);
    }

    @Override
    public void close() {
      List<Entry<R>> cancelled;
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
        cancelled = List.copyOf(order);
      }
      inputs.close();
      cancelled.forEach(entry -> entry.ref.cancel());
    }
  }
}
