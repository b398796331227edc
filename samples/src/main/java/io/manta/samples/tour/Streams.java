package io.manta.samples.tour;

import io.manta.actors.Manta;
import io.manta.actors.RemoteQueue;
import io.manta.core.Emitter;
import io.manta.core.RefStream;
import java.util.List;
import java.util.stream.IntStream;

/// Many values one after another: from a task that still runs, through a pool, by way of a queue.
final class Streams {
  private Streams() {}

  static boolean run(Manta manta, Story story) {
    return generator(manta, story) && pool(manta, story) && queue(manta, story);
  }

  private static void collatz(int start, Emitter<Integer> emitter) {
    for (int n = start; n != 1; n = n % 2 == 0 ? n / 2 : 3 * n + 1) {
      emitter.emit(n); // waits while the consumer is behind
    }
    emitter.emit(1);
  }

  private static boolean generator(Manta manta, Story story) {
    try (RefStream<Integer> stream =
        manta.generator((Emitter<Integer> emitter) -> collatz(6, emitter)).submit()) {
      List<Integer> values = stream.values().toList();
      story.tell("a generator gave %s".formatted(values));
      return values.equals(List.of(6, 3, 10, 5, 16, 8, 4, 2, 1));
    }
  }

  private static boolean pool(Manta manta, Story story) {
    var pool = manta.pool(2, (String word) -> manta.submit(() -> word.length()));
    try (RefStream<Integer> lengths = pool.map(List.of("one", "three", "eleven").stream())) {
      List<Integer> values = lengths.values().toList();
      story.tell("a pool, two at a time, gave %s".formatted(values));
      return values.equals(List.of(3, 5, 6));
    }
  }

  private static boolean queue(Manta manta, Story story) {
    try (RemoteQueue<Integer> queue = RemoteQueue.create(manta, 2)) {
      manta.submit(() -> IntStream.rangeClosed(1, 5).forEach(queue::put));
      int sum = 0;
      for (int i = 0; i < 5; i++) {
        sum += queue.take();
      }
      story.tell("five numbers through a queue of two: total %d".formatted(sum));
      return sum == 15;
    }
  }
}
