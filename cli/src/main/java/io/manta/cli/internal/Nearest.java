package io.manta.cli.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.apache.commons.text.similarity.LevenshteinDistance;

/// Guesses what a mistyped word was meant to be.
final class Nearest {
  private Nearest() {}

  /// The known word with the fewest edits, unless even that is far.
  static Optional<String> to(String word, Collection<String> known) {
    var distance = LevenshteinDistance.getDefaultInstance();
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance.apply(word, candidate)))
        .filter(nearest -> distance.apply(word, nearest) <= Math.max(2, word.length() / 3));
  }
}
