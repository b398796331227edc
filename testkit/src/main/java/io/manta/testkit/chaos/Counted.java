package io.manta.testkit.chaos;

import io.manta.testkit.chaos.CounterClient.Made;
import io.manta.testkit.chaos.Tally.Applied;
import io.manta.testkit.chaos.Witness.Line;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/// What has to be true of a counter, from what ran and from what was answered.
final class Counted {
  private record Origin(int client, int session) {}

  private final Counting counter;
  private final List<Line> lines;
  private final Map<CallId, List<Line>> runs = new HashMap<>();
  private final List<Made> calls;
  private final List<String> violations = new ArrayList<>();

  /// @param lines what ran, in order
  /// @param calls what was made
  Counted(Counting counter, List<Line> lines, List<Made> calls) {
    this.counter = counter;
    this.lines = lines;
    this.calls = calls;
    lines.forEach(line -> runs.computeIfAbsent(line.call(), call -> new ArrayList<>()).add(line));
  }

  /// What contradicts it.
  List<String> violations() {
    checkLives();
    checkTimes();
    checkClientOrder();
    checkAnswers();
    checkRealTime();
    return violations;
  }

  private void violated(String what) {
    violations.add(counter.name() + ": " + what);
  }

  /// One object for each incarnation, which runs one call after another.
  private void checkLives() {
    var before = new Line(0, "none", 0, new CallId(0, 0, 0));
    for (Line line : lines) {
      boolean same = before.incarnation() == line.incarnation();
      if (same && !before.life().equals(line.life())) {
        violated(
            "two objects are incarnation %d: %s and %s"
                .formatted(line.incarnation(), before, line));
      } else if (line.value() != (same ? before.value() + 1 : 1)) {
        violated("%s ran after %s".formatted(line, before));
      }
      before = line;
    }
  }

  /// How often each call ran.
  private void checkTimes() {
    runs.forEach(
        (call, times) -> {
          long lives = times.stream().map(Line::incarnation).distinct().count();
          if (lives != times.size() || times.size() > 1 + counter.callRetries()) {
            violated("ran too often: " + times);
          }
        });
    var made = new HashSet<CallId>();
    calls.forEach(call -> made.add(call.call()));
    runs.keySet().stream()
        .filter(call -> !made.contains(call))
        .forEach(call -> violated(call + " ran, and was not made"));
  }

  /// Calls of one process start in the order they were made: at most once always, else in each
  /// incarnation.
  private void checkClientOrder() {
    var latest = new HashMap<Origin, Line>();
    for (Line line : lines) {
      var origin = new Origin(line.call().client(), line.call().session());
      Line before = latest.put(origin, line);
      if (before == null) {
        continue;
      }
      boolean ordered = before.call().number() < line.call().number();
      boolean counts = counter.callRetries() == 0 || before.incarnation() == line.incarnation();
      if (counts && !ordered) {
        violated("%s ran after %s".formatted(line, before));
      }
    }
  }

  private void checkAnswers() {
    for (Made call : calls) {
      List<Line> times = runs.getOrDefault(call.call(), List.of());
      call.answer()
          .filter(answer -> times.stream().noneMatch(line -> isOf(answer, line)))
          .ifPresent(answer -> violated("%s was answered, and ran as %s".formatted(call, times)));
    }
  }

  private static boolean isOf(Applied answer, Line line) {
    return answer.incarnation() == line.incarnation() && answer.value() == line.value();
  }

  private void checkRealTime() {
    var order = new RealTime();
    for (Made call : calls) {
      call.answer()
          .ifPresent(
              answer -> order.answered(call.overNanos(), answer.position(), call.toString()));
      for (Line line : runs.getOrDefault(call.call(), List.of())) {
        order.made(call.madeNanos(), line.position(), line + " of " + call);
      }
    }
    order.violations().forEach(this::violated);
  }
}
