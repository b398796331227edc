package io.manta.testkit.chaos;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The order of calls on one object as time allows it: a call that was made after another was
/// answered comes after it, whoever made it. All times are of one clock.
final class RealTime {
  private record Event(long nanos, long position, String what) {}

  private final List<Event> answers = new ArrayList<>();
  private final List<Event> starts = new ArrayList<>();

  /// A call was answered, and its place is that.
  void answered(long nanos, long position, String what) {
    answers.add(new Event(nanos, position, what));
  }

  /// A call was made then, and its place is that.
  void made(long nanos, long position, String what) {
    starts.add(new Event(nanos, position, what));
  }

  /// What contradicts it.
  List<String> violations() {
    answers.sort(Comparator.comparingLong(Event::nanos));
    starts.sort(Comparator.comparingLong(Event::nanos));
    var violations = new ArrayList<String>();
    var latest = new Event(Long.MIN_VALUE, Long.MIN_VALUE, "nothing");
    int next = 0;
    for (Event start : starts) {
      while (next < answers.size() && answers.get(next).nanos() < start.nanos()) {
        Event answer = answers.get(next++);
        latest = answer.position() > latest.position() ? answer : latest;
      }
      if (start.position() <= latest.position()) {
        violations.add(
            "%s was made %d us after %s was answered, and came before it"
                .formatted(start.what(), (start.nanos() - latest.nanos()) / 1_000, latest.what()));
      }
    }
    return violations;
  }
}
