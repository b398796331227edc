package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.actors.WorkPool;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
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

  /// Inputs are taken as their results are: never more are under way than the workers have places.
  private final class Results extends PulledStream<R> {
    private final Stream<? extends T> inputs;
    private final Iterator<? extends T> left;
    private final boolean ordered;
    private final int[] load = new int[workers.size()];

    /// Results that are not taken yet, in the order of their inputs, and who works on them.
    private final Map<Ref<R>, Integer> underWay = new HashMap<>();

    private final ArrayDeque<Ref<R>> order = new ArrayDeque<>();
    private boolean closed;

    /// Who waits for a result; nobody once one was taken.
    private @Nullable CompletableFuture<Optional<ObjectRef<R>>> waiting;

    Results(Stream<? extends T> inputs, boolean ordered) {
      super(Pool.this.runtime);
      this.inputs = inputs;
      this.left = inputs.iterator();
      this.ordered = ordered;
    }

    @Override
    CompletableFuture<Optional<ObjectRef<R>>> pull() {
      var next = new CompletableFuture<Optional<ObjectRef<R>>>();
      synchronized (this) {
        fill();
        if (order.isEmpty()) {
          return CompletableFuture.completedFuture(Optional.empty());
        }
        waiting = next;
      }
      for (Ref<R> candidate : candidates()) {
        candidate.whenDone((value, failure) -> offer(candidate, next));
        if (next.isDone()) {
          break;
        }
      }
      return next;
    }

    private synchronized List<Ref<R>> candidates() {
      return ordered ? List.of(order.getFirst()) : List.copyOf(order);
    }

    /// Takes a result that is done for whoever waits, unless another was first.
    private void offer(Ref<R> ref, CompletableFuture<Optional<ObjectRef<R>>> next) {
      synchronized (this) {
        if (waiting != next || !underWay.containsKey(ref)) {
          return;
        }
        waiting = null;
        load[underWay.remove(ref)]--;
        order.remove(ref);
      }
      next.complete(Optional.of(ref));
    }

    /// By the consumer's thread, which gets what the inputs or the workers throw.
    private void fill() {
      while (!closed && order.size() < workers.size() * inputsEach && left.hasNext()) {
        int worker =
            IntStream.range(0, load.length)
                .boxed()
                .min(Comparator.comparingInt(i -> load[i]))
                .orElseThrow();
        var ref = (Ref<R>) workers.get(worker).apply(left.next());
        load[worker]++;
        underWay.put(ref, worker);
        order.add(ref);
      }
    }

    @Override
    public void close() {
      List<Ref<R>> cancelled;
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
        cancelled = List.copyOf(order);
        inputs.close();
      }
      cancelled.forEach(Ref::cancel);
    }
  }
}
