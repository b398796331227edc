package io.manta.benchmarks;

import java.io.IOException;
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
  static List<Result> read(List<Path> files) throws IOException {
    var results = new ArrayList<Result>();
    for (Path file : files) {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("{")) {
          results.add(Json.read(line, Result.class));
        }
      }
    }
    return results;
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
