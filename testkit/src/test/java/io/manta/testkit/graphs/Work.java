package io.manta.testkit.graphs;

import io.manta.actors.Manta;
import io.manta.core.Emitter;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.testkit.graphs.RandomGraph.PlannedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// What steps do, where they run.
final class Work {
  /// Hides refs from the closure that captures it: they are borrowed, not dependencies.
  record Hidden(List<ObjectRef<Piece>> inputs) {}

  private Work() {}

  static Piece add(Step step, List<ObjectRef<Piece>> inputs) {
    return add(step, inputs, 0);
  }

  private static Piece add(Step step, List<ObjectRef<Piece>> inputs, long more) {
    var sums = new ArrayList<Long>();
    for (ObjectRef<Piece> input : inputs) {
      sums.add(input.get().intact());
    }
    return Piece.of(step.sum(sums, more), step.bytes());
  }

  static Piece fail(Step step, List<ObjectRef<Piece>> inputs) throws PlannedException {
    add(step, inputs);
    throw new PlannedException(step.toString());
  }

  static Piece failFirst(Step step, List<ObjectRef<Piece>> inputs) throws PlannedException {
    return Manta.context().attempt() == 1 ? fail(step, inputs) : add(step, inputs);
  }

  static Piece neverEnd(Step step, List<ObjectRef<Piece>> inputs) throws InterruptedException {
    new CountDownLatch(1).await();
    return add(step, inputs);
  }

  static Piece nest(Step step, List<ObjectRef<Piece>> inputs) {
    return add(step, inputs, leaves(step.amount(), Step.DEPTH));
  }

  private static long leaves(int width, int depth) {
    if (depth == 0) {
      return 1;
    }
    var children = new ArrayList<ObjectRef<Long>>();
    for (int i = 0; i < width; i++) {
      children.add(Manta.current().submit(() -> leaves(width, depth - 1)));
    }
    return Manta.current().get(children).stream().mapToLong(Long::longValue).sum();
  }

  static Piece consume(Step step, List<ObjectRef<Piece>> inputs) {
    int count = step.amount();
    long sum = 0;
    try (RefStream<Integer> numbers =
        Manta.current()
            .generator((Emitter<Integer> emitter) -> count(emitter, count))
            .buffer(2)
            .submit()) {
      for (ObjectRef<Integer> number : numbers) {
        sum += number.get();
      }
    }
    return add(step, inputs, sum);
  }

  private static void count(Emitter<Integer> emitter, int most) {
    for (int i = 0; i < most; i++) {
      emitter.emit(i);
    }
  }

  static Piece join(Step step, List<ObjectRef<Piece>> inputs, List<ObjectRef<Integer>> parts) {
    return add(step, inputs, parts.stream().mapToLong(ObjectRef::get).sum());
  }
}
