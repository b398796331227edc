package io.manta.benchmarks;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Results as a table in Markdown: a row a case, a column for each of those measured, and one for
/// each ratio.
record MarkdownTable(List<Result> results, Comparison others) {
  @Override
  public String toString() {
    var own = new Comparison(results);
    List<String> cases = results.stream().map(Result::name).distinct().toList();
    List<String> mine = List.copyOf(new LinkedHashSet<>(own.peers(cases)));
    List<String> theirs = List.copyOf(others.peers(cases));
    var head = new ArrayList<String>(List.of("Case", "Unit"));
    head.addAll(mine);
    head.addAll(theirs);
    for (String other : theirs) {
      mine.forEach(peer -> head.add(peer + " / " + other));
    }
    var lines = new ArrayList<String>();
    lines.add(row(head));
    var rule = new ArrayList<String>(List.of("---", "---"));
    rule.addAll(Collections.nCopies(head.size() - 2, "--:"));
    lines.add(row(rule));
    for (String name : cases) {
      var cells = new ArrayList<String>();
      cells.add("`" + name + "`");
      cells.add(
          results.stream().filter(r -> r.name().equals(name)).findFirst().orElseThrow().unit());
      mine.forEach(peer -> cells.add(amount(own.find(peer, name))));
      theirs.forEach(peer -> cells.add(amount(others.find(peer, name))));
      for (String other : theirs) {
        mine.forEach(peer -> cells.add(ratio(own.find(peer, name), others.find(other, name))));
      }
      lines.add(row(cells));
    }
    return String.join("\n", lines);
  }

  /// The median, and the least and the most when they differ.
  private static String amount(Optional<Result> found) {
    return found
        .map(
            result ->
                result.min() == result.max()
                    ? Figures.amount(result.value())
                    : "%s (%s - %s)"
                        .formatted(
                            Figures.amount(result.value()),
                            Figures.amount(result.min()),
                            Figures.amount(result.max())))
        .orElse("-");
  }

  private static String ratio(Optional<Result> mine, Optional<Result> other) {
    return mine.flatMap(own -> other.map(own::timesBetterThan)).map(Figures::ratio).orElse("-");
  }

  private static String row(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }
}
