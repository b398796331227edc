package io.manta.actors.internal;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/// The nodes that this user started on this machine with the command line, by the records in
/// `~/.manta/nodes` (or `MANTA_HOME/nodes`).
final class LocalNodes {
  /// The system computes a start from its clock, which may be set meanwhile.
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(2);

  private record Node(Instant started, String address) {}

  private LocalNodes() {}

  /// The address of the oldest whose process lives, as the command line chooses it too; younger
  /// ones may be of another cluster.
  static Optional<String> firstAddress(Path home) {
    try (Stream<Path> folders = Files.list(home.resolve("nodes"))) {
      return folders
          .map(folder -> living(folder.resolve("node.properties")))
          .flatMap(Optional::stream)
          .min(Comparator.comparing(Node::started).thenComparing(Node::address))
          .map(Node::address);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// Empty when its process ended, also where another one was given its pid later.
  private static Optional<Node> living(Path file) {
    var record = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      record.load(reader);
      Instant started = Instant.parse(record.getProperty("started", ""));
      return ProcessHandle.of(Long.parseLong(record.getProperty("pid", "0")))
          .flatMap(process -> process.info().startInstant())
          .filter(start -> Duration.between(start, started).abs().compareTo(CLOCK_TOLERANCE) <= 0)
          .flatMap(start -> Optional.ofNullable(record.getProperty("address")))
          .map(address -> new Node(started, address));
    } catch (IOException | NumberFormatException | DateTimeException e) {
      return Optional.empty();
    }
  }
}
