package io.manta.samples.demo;

import io.manta.samples.demo.Traffic.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What the death of a node did to answers.
///
/// @param killedNanos when it died
/// @param answers all, also those from before
record Outage(long killedNanos, List<Answer> answers) {
  private static final Duration SLOW = Duration.ofSeconds(1);
  private static final int SHOWN_FAILURES = 3;

  /// Whether there were answers that the death could have touched, and all were right.
  boolean isHarmless() {
    return !since().isEmpty() && failed(answers).isEmpty();
  }

  /// Those that were under way then, or asked later.
  private List<Answer> since() {
    return answers.stream().filter(answer -> answer.endedNanos() - killedNanos >= 0).toList();
  }

  private static List<Answer> failed(List<Answer> answers) {
    return answers.stream().filter(answer -> answer.failure() != null).toList();
  }

  /// In lines for people.
  List<String> describe() {
    List<Answer> since = since();
    int failed = failed(since).size();
    var disturbed =
        since.stream()
            .filter(answer -> answer.failure() != null || answer.nanos() > SLOW.toNanos())
            .toList();
    var lines = new ArrayList<String>();
    lines.add(
        "%d sentences since: %d right, %d failed; the slowest answer took %.1f s"
            .formatted(
                since.size(),
                since.size() - failed,
                failed,
                since.stream().mapToLong(Answer::nanos).max().orElse(0) / 1e9));
    lines.add(
        disturbed.isEmpty()
            ? "not degraded: no answer failed or took over %d s".formatted(SLOW.toSeconds())
            : "degraded for %.1f s: until then %d answers failed or took over %d s"
                .formatted(
                    disturbed.stream()
                            .mapToLong(answer -> answer.endedNanos() - killedNanos)
                            .max()
                            .orElse(0)
                        / 1e9,
                    disturbed.size(),
                    SLOW.toSeconds()));
    failed(answers).stream()
        .map(Answer::failure)
        .distinct()
        .limit(SHOWN_FAILURES)
        .forEach(failure -> lines.add("   " + failure));
    return lines;
  }
}
