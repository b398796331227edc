package io.manta.benchmarks;

import io.manta.cli.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Results of others, to set one's own against.
record Comparison(List<Result> results) {
  /// Reads files with a [Result] a line, as benchmarks of peers and `--json` write them.
  ///
  /// @throws CommandException when a line is broken; names it
  static List<Result> read(List<Path> files) throws IOException {
    var results = new ArrayList<Result>();
    for (Path file : files) {
      int number = 0;
      for (String line : Files.readAllLines(file)) {
        number++;
        if (line.startsWith("{")) {
          results.add(result(line, file, number));
        }
      }
    }
    return results;
  }

  private static Result result(String line, Path file, int number) {
    try {
      return Json.read(line, Result.class);
    } catch (UncheckedIOException e) {
      throw new CommandException(
          "%s, line %d: %s; correct or remove it".formatted(file, number, e.getMessage()), e);
    }
  }

  /// Those that have a result of one of the cases, in the order in which they were read.
  Set<String> peers(List<String> cases) {
    var peers = new LinkedHashSet<String>();
    for (Result result : results) {
      if (cases.contains(result.name())) {
        peers.add(result.peer());
      }
    }
    return peers;
  }

  /// The last one, where a case was measured again.
  Optional<Result> find(String peer, String name) {
    return results.stream()
        .filter(result -> result.peer().equals(peer) && result.name().equals(name))
        .reduce((earlier, later) -> later);
  }
}
