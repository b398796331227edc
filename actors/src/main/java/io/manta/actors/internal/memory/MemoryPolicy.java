package io.manta.actors.internal.memory;

import io.manta.actors.MemoryLimits;
import io.manta.core.NodeId;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Decides by what was measured whether a node is short of memory, and which task it is to fail.
/// The time is passed in.
///
/// As in Ray a task with retries goes before one without. Then comes the process with most tasks
/// here, so that nobody starves beside one who submits many; among equals the one that began to use
/// the node later. Of its tasks the newest goes, which loses least work. Unlike in Ray only what
/// can help is considered: to end a task that has a process of its own leaves the node's heap as it
/// is, but it surely gives memory back to the host, so there it goes first; to end another one
/// helps the host only where the node's heap makes up most of what is in use.
///
/// One task fails at a time: the next only by what was measured a while after that one was over,
/// or, when it does not end, after much longer.
final class MemoryPolicy {
  /// How far the part in use has to fall below where the shortage began for it to be over.
  private static final double MARGIN = 0.02;

  private static final Duration SETTLES = Duration.ofSeconds(1);
  private static final Duration DEAF = Duration.ofSeconds(10);

  /// @param shortage what there is little of, if anything
  /// @param failing the task that is to fail
  record Decision(Optional<MemoryReading> shortage, Optional<Failing> failing) {}

  record Failing(RunningTask task, MemoryReading reading) {}

  private final double admission;
  private final double threshold;
  private boolean isShort;

  /// Was failed last and is not over yet.
  private @Nullable RunningTask ending;

  /// Whether one was failed ever; then the next is only by what is measured after that time.
  private boolean hasFailed;

  /// Whether nobody measured yet what the end of that one gave.
  private boolean isUnmeasured;

  private long notBeforeNanos;

  MemoryPolicy(MemoryLimits limits) {
    this.admission = Math.min(limits.admission(), limits.threshold());
    this.threshold = limits.threshold();
  }

  /// The part in use from which it matters what of that is garbage.
  double near() {
    return admission - MARGIN;
  }

  /// @param tasks what the node runs, asked for when one is to fail
  Decision next(
      long nowNanos,
      Collection<MemoryReading> readings,
      Supplier<? extends Collection<? extends RunningTask>> tasks) {
    double from = isShort ? near() : admission;
    List<MemoryReading> high =
        readings.stream()
            .filter(reading -> reading.part() >= from)
            .sorted(Comparator.comparingDouble(MemoryReading::part).reversed())
            .toList();
    isShort = !high.isEmpty();
    observeEnding(nowNanos);
    Optional<Failing> failing =
        high.stream()
            .filter(reading -> reading.part() >= threshold && isSettled(reading))
            .flatMap(reading -> choose(reading, tasks.get()).stream())
            .findFirst();
    failing.ifPresent(
        chosen -> {
          ending = chosen.task;
          hasFailed = true;
          isUnmeasured = true;
          notBeforeNanos = nowNanos + DEAF.toNanos();
        });
    return new Decision(high.stream().findFirst(), failing);
  }

  /// Whether it is time to measure what the end of a task that was failed gave; once for each.
  boolean isMeasureDue(long nowNanos) {
    observeEnding(nowNanos);
    boolean due = isUnmeasured && nowNanos - notBeforeNanos >= 0;
    isUnmeasured &= !due;
    return due;
  }

  private void observeEnding(long nowNanos) {
    if (ending != null && ending.isOver()) {
      ending = null;
      notBeforeNanos = nowNanos + SETTLES.toNanos();
    }
  }

  private boolean isSettled(MemoryReading reading) {
    return !hasFailed || reading.takenNanos() - notBeforeNanos >= 0;
  }

  private static Optional<Failing> choose(
      MemoryReading reading, Collection<? extends RunningTask> tasks) {
    List<RunningTask> candidates =
        tasks.stream()
            .<RunningTask>map(task -> task)
            .filter(task -> task.isolated() ? reading.countsProcesses() : reading.inHeap())
            .toList();
    candidates = prefer(candidates, RunningTask::retriable);
    candidates = prefer(candidates, RunningTask::isolated);
    Map<NodeId, List<RunningTask>> byOwner =
        candidates.stream().collect(Collectors.groupingBy(RunningTask::owner));
    return byOwner.values().stream()
        .max(
            Comparator.comparingInt(List<RunningTask>::size).thenComparingLong(MemoryPolicy::began))
        .flatMap(group -> group.stream().max(Comparator.comparingLong(RunningTask::startedNanos)))
        .map(task -> new Failing(task, reading));
  }

  private static long began(List<RunningTask> group) {
    return group.stream().mapToLong(RunningTask::startedNanos).min().orElse(0);
  }

  private static List<RunningTask> prefer(
      List<RunningTask> tasks, Predicate<RunningTask> condition) {
    List<RunningTask> preferred = tasks.stream().filter(condition).toList();
    return preferred.isEmpty() ? tasks : preferred;
  }
}
