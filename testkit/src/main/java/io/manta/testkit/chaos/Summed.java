package io.manta.testkit.chaos;

import io.manta.testkit.chaos.TaskClient.Made;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What has to be true of tasks, from what ran and from what was answered.
final class Summed {
  private final Map<CallId, List<Integer>> runs = new HashMap<>();
  private final List<Made> tasks;
  private final List<String> violations = new ArrayList<>();

  /// @param lines what ran
  /// @param tasks what was submitted
  Summed(List<TaskLog.Line> lines, List<Made> tasks) {
    this.tasks = tasks;
    for (TaskLog.Line line : lines) {
      runs.computeIfAbsent(line.task(), task -> new ArrayList<>()).add(line.attempt());
    }
  }

  /// What contradicts it.
  List<String> violations() {
    tasks.forEach(this::check);
    Set<CallId> submitted = new HashSet<>();
    tasks.forEach(task -> submitted.add(task.id()));
    runs.keySet().stream()
        .filter(task -> !submitted.contains(task))
        .forEach(task -> violations.add("task " + task + " ran, and was not submitted"));
    return violations;
  }

  private void check(Made task) {
    List<Integer> attempts = runs.getOrDefault(task.id(), List.of());
    long square = task.number() * task.number();
    if (task.answer().isPresent() && task.answer().get() != square) {
      violations.add("%s was to come to %d".formatted(task, square));
    }
    if (task.answer().isPresent() && attempts.isEmpty()) {
      violations.add(task + " was answered, and did not run");
    }
    boolean repeated = new HashSet<>(attempts).size() < attempts.size();
    if (repeated || attempts.size() > 1 + task.kind().retries()) {
      violations.add("%s ran too often: these attempts: %s".formatted(task, attempts));
    }
  }
}
