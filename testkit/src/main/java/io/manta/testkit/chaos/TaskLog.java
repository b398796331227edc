package io.manta.testkit.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// Which attempts of tasks really ran, as each process wrote down before it ran one.
final class TaskLog {
  private static final String TASKS = "tasks";
  private static final String PROCESS = UUID.randomUUID().toString();

  /// One attempt that began.
  record Line(CallId task, int attempt) {}

  private TaskLog() {}

  /// To be called by the task.
  static synchronized void begins(CallId task, int attempt) {
    String line = "%d %d %d %d%n".formatted(task.client(), task.session(), task.number(), attempt);
    Path folder = Path.of(System.getProperty(Witness.FOLDER), TASKS);
    try {
      Files.createDirectories(folder);
      Files.writeString(
          folder.resolve(PROCESS), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What all processes wrote.
  static List<Line> read(Path witness) {
    var all = new ArrayList<Line>();
    try (Stream<Path> files = Files.list(witness.resolve(TASKS))) {
      for (Path file : files.toList()) {
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
          int[] numbers = Stream.of(line.split(" ")).mapToInt(Integer::parseInt).toArray();
          all.add(new Line(new CallId(numbers[0], numbers[1], numbers[2]), numbers[3]));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }
}
