package io.manta.testkit.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/// What really ran, as written down by the one object that ran it, before it answers. A line that
/// was written is there whatever becomes of the process.
final class Witness {
  /// The property of each process that names the folder.
  static final String FOLDER = "manta.test.witness";

  /// One call that ran.
  ///
  /// @param life tells the object from others, also from one that believes to be the same
  ///   incarnation
  /// @param value how many calls the object had run then, with this one
  record Line(int incarnation, String life, int value, CallId call) {
    /// Its place among all calls of the actor.
    long position() {
      return Tally.Applied.position(incarnation, value);
    }
  }

  private final Path file;
  private final int incarnation;

  /// Of an object in this process.
  Witness(String actor, int incarnation) {
    this.file = Path.of(System.getProperty(FOLDER), actor, incarnation + "_" + UUID.randomUUID());
    this.incarnation = incarnation;
  }

  int incarnation() {
    return incarnation;
  }

  void ran(int value, CallId call) {
    String line = "%d %d %d %d%n".formatted(value, call.client(), call.session(), call.number());
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// All that an actor ran: by incarnation and object, in the order in which it was written.
  static List<Line> read(Path folder, String actor) {
    var lines = new ArrayList<Line>();
    try (Stream<Path> files = Files.list(folder.resolve(actor))) {
      for (Path file : files.toList()) {
        String[] name = file.getFileName().toString().split("_", 2);
        for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
          int[] numbers = Stream.of(line.split(" ")).mapToInt(Integer::parseInt).toArray();
          var call = new CallId(numbers[1], numbers[2], numbers[3]);
          lines.add(new Line(Integer.parseInt(name[0]), name[1], numbers[0], call));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    lines.sort(Comparator.comparingInt(Line::incarnation).thenComparing(Line::life)); // stable
    return lines;
  }
}
