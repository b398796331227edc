package io.manta.actors;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/// The end of an error about an unknown word; for the commands of this project, and no promise to
/// users.
public final class Suggestions {
  private Suggestions() {}

  /// `; did you mean 'x'?` with the known word that has the fewest edits, or a list of all when
  /// even that is far.
  public static String of(String word, Collection<String> known) {
    var distance = LevenshteinDistance.getDefaultInstance();
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance.apply(word, candidate)))
        .filter(nearest -> distance.apply(word, nearest) <= Math.max(2, word.length() / 3))
        .map(nearest -> "; did you mean '" + nearest + "'?")
        .orElse("; there are " + String.join(", ", known));
  }
}
