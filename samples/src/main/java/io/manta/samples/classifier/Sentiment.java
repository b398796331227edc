package io.manta.samples.classifier;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// What a sentence says about its subject.
enum Sentiment {
  POSITIVE,
  NEGATIVE;

  /// As it is written in data and answers: `positive`, `negative`.
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /// Reads [#word()], in any case.
  static Optional<Sentiment> parse(String word) {
    return Arrays.stream(values()).filter(value -> value.word().equalsIgnoreCase(word)).findFirst();
  }
}
