package io.manta.cli.internal;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;

/// What a running node says of itself in a file, so that its user can find it and end it.
///
/// @param file where this is written
/// @param started when its process started; with the pid it names one process for good
/// @param address `manta://host:port`
/// @param id the node's id
/// @param state where it remembers its peers
public record NodeRecord(
    Path file, long pid, Instant started, String address, String id, Path state)
    implements Comparable<NodeRecord> {
  /// The system computes a start from its clock, which may be set meanwhile.
  private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(2);

  private static final Comparator<NodeRecord> ORDER =
      Comparator.comparing(NodeRecord::started).thenComparing(NodeRecord::address);

  /// Empty when there is no record, or one that is not whole.
  static Optional<NodeRecord> read(Path file) {
    var properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      return Optional.of(
          new NodeRecord(
              file,
              Long.parseLong(required(properties, "pid")),
              Instant.parse(required(properties, "started")),
              required(properties, "address"),
              required(properties, "id"),
              Path.of(required(properties, "state"))));
    } catch (NumberFormatException | DateTimeParseException | NullPointerException e) {
      return Optional.empty();
    }
  }

  private static String required(Properties properties, String key) {
    return Objects.requireNonNull(properties.getProperty(key));
  }

  /// Readers see it whole or not at all.
  void write() {
    var properties = new Properties();
    properties.setProperty("pid", Long.toString(pid));
    properties.setProperty("started", started.toString());
    properties.setProperty("address", address);
    properties.setProperty("id", id);
    properties.setProperty("state", state.toString());
    Path draft = file.resolveSibling(file.getFileName() + "." + pid);
    try {
      try (Writer writer = Files.newBufferedWriter(draft)) {
        properties.store(writer, null);
      }
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("the record " + file + " can't be written", e);
    }
  }

  /// Removes the file unless another process has replaced it.
  void delete() {
    if (read(file).filter(this::equals).isPresent()) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// The node's process while it runs; never another one that was given its pid later.
  public Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .filter(
            handle ->
                handle
                    .info()
                    .startInstant()
                    .map(start -> Duration.between(start, started).abs())
                    .filter(difference -> difference.compareTo(CLOCK_TOLERANCE) <= 0)
                    .isPresent());
  }

  @Override
  public int compareTo(NodeRecord other) {
    return ORDER.compare(this, other);
  }
}
