package io.manta.actors.internal;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/// The nodes that this user started on this machine with the command line, by the records in
/// `~/.manta/nodes` (or `MANTA_HOME/nodes`).
final class LocalNodes {
  private LocalNodes() {}

  /// The address of the first whose process lives; the others may be of another cluster.
  static Optional<String> firstAddress() {
    String named = System.getenv("MANTA_HOME");
    Path home =
        named == null || named.isBlank()
            ? Path.of(System.getProperty("user.home"), ".manta")
            : Path.of(named);
    try (Stream<Path> folders = Files.list(home.resolve("nodes"))) {
      return folders
          .sorted()
          .map(folder -> addressOfLiving(folder.resolve("node.properties")))
          .flatMap(Optional::stream)
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> addressOfLiving(Path file) {
    var record = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      record.load(reader);
      long pid = Long.parseLong(record.getProperty("pid", "0"));
      return ProcessHandle.of(pid).isPresent()
          ? Optional.ofNullable(record.getProperty("address"))
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }
}
