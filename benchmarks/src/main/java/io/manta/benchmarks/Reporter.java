package io.manta.benchmarks;

import io.manta.benchmarks.Result.Better;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/// Takes what the cases of one suite find in one mode, and passes on what is wanted.
record Reporter(Plan plan, String suite, Consumer<Event> events) {
  Settings settings() {
    return plan.settings();
  }

  Measure measure() {
    return new Measure(plan.settings());
  }

  void rate(String name, double[] values) {
    report(name, values, "1/s", Better.HIGHER, Optional.empty());
  }

  void rate(String name, double[] values, String note) {
    report(name, values, "1/s", Better.HIGHER, Optional.of(note));
  }

  void higher(String name, double[] values, String unit, String note) {
    report(name, values, unit, Better.HIGHER, Optional.of(note));
  }

  void lower(String name, double[] values, String unit) {
    report(name, values, unit, Better.LOWER, Optional.empty());
  }

  void lower(String name, double[] values, String unit, String note) {
    report(name, values, unit, Better.LOWER, Optional.of(note));
  }

  /// One figure of each repetition.
  static <R> double[] each(List<R> runs, ToDoubleFunction<R> figure) {
    return runs.stream().mapToDouble(figure).toArray();
  }

  private void report(
      String name, double[] values, String unit, Better better, Optional<String> note) {
    if (plan.wants(name)) {
      var result = Result.of(plan.mode().peer(), suite, name, values, unit, better, note);
      events.accept(new Event.Measured(result));
    }
  }
}
