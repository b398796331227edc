package io.manta.benchmarks;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Set;

/// Prints a row as soon as there is a result.
final class LiveTable {
  private static final String ROW = "%-15s %-25s %13s %13s %13s  %-5s";

  private static final String CLEAR_LINE = "\r\u001b[K";

  private final PrintWriter out;
  private final Comparison others;
  private final boolean terminal;
  private final Set<String> peers;

  /// @param terminal whether a line may be shown and then replaced
  LiveTable(PrintWriter out, Comparison others, boolean terminal) {
    this.out = out;
    this.others = others;
    this.terminal = terminal;
    this.peers = others.peers(Cases.names());
  }

  void printHead() {
    var line = new StringBuilder();
    line.append(String.format(Locale.ROOT, ROW, "", "case", "median", "min", "max", "unit"));
    for (String peer : peers) {
      line.append(String.format(Locale.ROOT, "  %15s %9s", peer, "ratio"));
    }
    print(line.toString().stripTrailing());
  }

  void print(Event event) {
    switch (event) {
      case Event.Measured measured -> print(row(measured.result()));
      case Event.Skipped skipped ->
          print("skipped " + String.join(", ", skipped.names()) + ": " + skipped.reason());
      case Event.Failed failed -> print("FAILED " + failed.name() + ": " + failed.error());
      case Event.Started started -> printProgress(started.name());
      case Event.Finished _ -> {}
    }
  }

  private String row(Result result) {
    var line = new StringBuilder();
    line.append(
        String.format(
            Locale.ROOT,
            ROW,
            result.peer(),
            result.name(),
            Figures.amount(result.value()),
            Figures.amount(result.min()),
            Figures.amount(result.max()),
            result.unit()));
    for (String peer : peers) {
      var other = others.find(peer, result.name());
      line.append(
          String.format(
              Locale.ROOT,
              "  %15s %9s",
              other.map(found -> Figures.amount(found.value())).orElse(""),
              other.map(found -> Figures.ratio(result.timesBetterThan(found))).orElse("")));
    }
    return line.toString().stripTrailing();
  }

  void print(String line) {
    out.println(terminal ? CLEAR_LINE + line : line);
    out.flush();
  }

  private void printProgress(String name) {
    if (terminal) {
      out.print(CLEAR_LINE + "running " + name + " ...");
      out.flush();
    }
  }
}
