package io.manta.benchmarks;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// One run of the bench: shows, writes and keeps what the cases find.
final class Session {
  private final LiveTable table;
  private final Optional<PrintWriter> json;
  private final List<Result> results = new ArrayList<>();
  private boolean failed;

  /// @param json takes a line per result as soon as it is there
  Session(LiveTable table, Optional<PrintWriter> json) {
    this.table = table;
    this.json = json;
  }

  /// Measures the cases in each mode. Blocks until all is done and no process is left.
  void run(List<Mode> modes, Settings settings, List<String> parts, Optional<Path> profiles)
      throws IOException {
    Path folder = Files.createTempDirectory("manta-bench-");
    table.printHead();
    for (Mode mode : modes) {
      Path own = Files.createDirectory(folder.resolve(mode.word()));
      Runner.runAll(
          new Plan(mode, settings, parts, own.toString(), profiles.map(Path::toString)),
          this::accept);
    }
    if (failed) {
      table.print("The logs are in " + folder);
    } else {
      delete(folder);
    }
  }

  private void accept(Event event) {
    table.print(event);
    switch (event) {
      case Event.Measured measured -> {
        results.add(measured.result());
        json.ifPresent(lines -> lines.println(Json.line(measured.result())));
        json.ifPresent(PrintWriter::flush);
      }
      case Event.Failed _ -> failed = true;
      case Event.Started _, Event.Skipped _, Event.Finished _ -> {}
    }
  }

  List<Result> results() {
    return List.copyOf(results);
  }

  boolean failed() {
    return failed;
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
