package io.manta.benchmarks;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.manta.benchmarks.BenchCase.SkippedException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// The load generator `wrk`, one thread of it, with keep-alive connections.
final class Wrk {
  private static final String MARK = "RESULT ";

  private final Path program;
  private final Path script;

  private Wrk(Path program, Path script) {
    this.program = program;
    this.script = script;
  }

  /// What one run of it found.
  record Run(
      long requests,
      double seconds,
      @JsonProperty("p50_us") double p50Micros,
      @JsonProperty("p99_us") double p99Micros,
      @JsonProperty("bad_status") long badStatus,
      long broken) {
    double rate() {
      return requests / seconds;
    }
  }

  /// Finds the program on the PATH.
  static Wrk find(Path folder) throws SkippedException, IOException {
    Path program =
        Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .filter(entry -> !entry.isEmpty())
            .map(entry -> Path.of(entry, "wrk"))
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(
                () ->
                    new SkippedException("there is no wrk on the PATH (package 'wrk' of Debian)"));
    Path script = folder.resolve("wrk.lua");
    try (InputStream source = Wrk.class.getResourceAsStream("wrk.lua")) {
      Files.copy(
          Objects.requireNonNull(source, "wrk.lua is not on the class path"),
          script,
          StandardCopyOption.REPLACE_EXISTING);
    }
    return new Wrk(program, script);
  }

  /// All repetitions, after a warm-up.
  ///
  /// @throws IllegalStateException when a request failed
  List<Run> runs(URI address, int connections, Settings settings)
      throws IOException, InterruptedException {
    run(address, connections, settings.httpWarmupSeconds());
    var runs = new ArrayList<Run>();
    for (int i = 0; i < settings.repetitions(); i++) {
      runs.add(run(address, connections, settings.httpSeconds()));
    }
    return runs;
  }

  private Run run(URI address, int connections, long seconds)
      throws IOException, InterruptedException {
    List<String> command =
        List.of(
            program.toString(),
            "-t1",
            "-c" + connections,
            "-d" + seconds + "s",
            "--timeout",
            "10s",
            "-s",
            script.toString(),
            address.toString());
    Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    process.getOutputStream().close();
    List<String> output = process.inputReader().lines().toList();
    int code = process.waitFor();
    Run run =
        output.stream()
            .filter(line -> line.startsWith(MARK))
            .map(line -> Json.read(line.substring(MARK.length()), Run.class))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "wrk ended with code " + code + ": " + String.join(" ", output)));
    if (run.badStatus() + run.broken() > 0 || run.requests() == 0) {
      throw new IllegalStateException(
          run.badStatus()
              + " requests of "
              + run.requests()
              + " were answered with an error, "
              + run.broken()
              + " connections broke");
    }
    return run;
  }
}
