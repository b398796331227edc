package io.manta.samples.tour;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.core.GetTimeoutException;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.Resources;
import io.manta.core.TaskCancelledException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Manta in a few programs of a few lines each: tasks, resources, streams, an actor, the cluster.
/// Each checks its own result.
public final class Tour {
  private static final Duration SOON = Duration.ofMinutes(1);

  private static final List<Step> STEPS =
      List.of(
          new Step(
              "Ten slow squares at once",
              "A task is a lambda. These take a second each; as many run at once as there are cpus.",
              Tour::slowSquares),
          new Step(
              "Tasks that want 4 cpus",
              "A task waits until a node has what it asks for; 1 cpu when it asks for nothing.",
              Tour::manyCpus),
          new Step(
              "A task that wants a gpu",
              "What no node could ever run waits, says what is missing, and can be cancelled.",
              Tour::gpu),
          new Step(
              "A task that wants 4 GiB of memory",
              "It captures a reference to a stored value, which travels to where the task runs.",
              Tour::memory),
          new Step(
              "Values one after another",
              "From a task that still runs, through a pool, by way of a queue that tasks share.",
              Streams::run),
          new Step(
              "An actor that counts",
              "It lives on one node and keeps its state; calls run one at a time and in order.",
              Tour::counter),
          new Step(
              "The cluster",
              "What its nodes have, and what of it is free. What a task held stays reserved for a moment.",
              Tour::cluster));

  private Tour() {}

  /// Runs all programs, also after one that failed.
  ///
  /// @return whether all of them did what they should
  public static boolean run(Manta manta, Story story) {
    boolean allRight = true;
    for (Step step : STEPS) {
      story.chapter(step.title(), step.explanation());
      boolean right;
      try {
        right = step.body().run(manta, story);
      } catch (Exception e) {
        story.tell(e.toString());
        right = false;
      }
      if (!right) {
        story.tell("FAILED: this is not what it should give");
      }
      allRight &= right;
    }
    return allRight;
  }

  private static boolean slowSquares(Manta manta, Story story) {
    long start = System.nanoTime();
    List<ObjectRef<Square>> refs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      int number = i;
      refs.add(manta.submit(() -> Square.slowly(number)));
    }
    List<Square> squares = manta.get(refs, SOON);

    int total = squares.stream().mapToInt(Square::value).sum();
    squares.forEach(square -> story.ran("squares", square.node()));
    story.tell(
        "%s, total %d, in %.1f s on %d node(s)"
            .formatted(
                squares.stream().map(Square::value).toList(),
                total,
                (System.nanoTime() - start) / 1e9,
                squares.stream().map(Square::node).distinct().count()));
    return total == 285;
  }

  private static boolean manyCpus(Manta manta, Story story) {
    List<Integer> numbers = List.of(1, 2, 3, 4, 5);
    List<ObjectRef<Integer>> sums = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sums.add(
          manta
              .task(() -> numbers.stream().mapToInt(Integer::intValue).sum())
              .cpus(4)
              .named("sum")
              .submit());
    }
    boolean right = true;
    for (ObjectRef<Integer> sum : sums) {
      right &= gives(15, sum, Resources.cpus(4), manta, story);
    }
    return right;
  }

  private static boolean gpu(Manta manta, Story story) {
    ObjectRef<String> result = manta.task(() -> "done").gpus(1).named("on-a-gpu").submit();

    return gives("done", result, Resources.cpus(1).with(Resources.GPU, 1), manta, story);
  }

  private static boolean memory(Manta manta, Story story) {
    ObjectRef<List<String>> dataset = manta.put(List.of("one row", "another row", "a third row"));
    ObjectRef<Integer> rows =
        manta.task(() -> dataset.get().size()).memory("4GiB").named("count-rows").submit();

    return gives(3, rows, Resources.cpus(1).with(Resources.MEMORY, 4L << 30), manta, story);
  }

  private static boolean counter(Manta manta, Story story) {
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    List<ObjectRef<Integer>> refs = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      refs.add(counter.call(Counter::increment));
    }
    List<Integer> counts = manta.get(refs, SOON);
    int finalCount = counter.call(Counter::count).get(SOON);

    story.tell("%s, final count %d".formatted(counts, finalCount));
    story.ran("counter", counter.call(Counter::node).get(SOON));
    counter.kill();
    return counts.equals(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)) && finalCount == 10;
  }

  private static boolean cluster(Manta manta, Story story) {
    story.tell("all of it: %s".formatted(manta.clusterResources()));
    story.tell("free now:  %s".formatted(manta.availableResources()));
    Resources sum = Resources.NONE;
    for (NodeInfo node : manta.nodes()) {
      story.tell("%s at %s: %s".formatted(node.id(), node.address(), node.total()));
      sum = sum.plus(node.total());
    }
    return sum.equals(manta.clusterResources()) && !sum.isEmpty();
  }

  /// Whether a task gives what it should. Where no node could ever run it, it must say what it
  /// lacks, and is cancelled.
  private static <T> boolean gives(
      T expected, ObjectRef<T> ref, Resources asked, Manta manta, Story story) {
    if (manta.nodes().stream().anyMatch(node -> node.total().cover(asked))) {
      T value = ref.get(SOON);
      story.tell("asked for %s, gave: %s".formatted(asked, value));
      return value.equals(expected);
    }
    try {
      ref.get(Duration.ofSeconds(2));
      return false;
    } catch (GetTimeoutException e) {
      Optional<String> lacks = manta.explain(ref);
      story.tell("pending: %s".formatted(lacks.orElse("for no reason that is known")));
      return lacks.isPresent() && isCancelled(ref, story);
    }
  }

  private static boolean isCancelled(ObjectRef<?> ref, Story story) {
    ref.cancel();
    try {
      ref.get(SOON);
      return false;
    } catch (TaskCancelledException e) {
      story.tell("cancelled");
      return true;
    }
  }
}
