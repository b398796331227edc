package io.manta.cli.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The folder that a node of this user has on this machine, named by the node's port, in
/// `~/.manta/nodes` or `MANTA_HOME/nodes`: its record while it runs, its log, its memory of the
/// cluster.
public record NodeFolder(Path path) {
  public static NodeFolder of(Path home, int port) {
    return new NodeFolder(nodes(home).resolve(Integer.toString(port)));
  }

  /// The records of the nodes that were started and did not say that they ended, oldest first.
  /// Their processes may be gone all the same: see [NodeRecord#process].
  public static List<NodeRecord> records(Path home) {
    try (Stream<Path> folders = Files.list(nodes(home))) {
      return folders
          .filter(Files::isDirectory)
          .map(folder -> new NodeFolder(folder).record())
          .flatMap(Optional::stream)
          .sorted()
          .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path nodes(Path home) {
    return home.resolve("nodes");
  }

  public NodeFolder create() {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new UncheckedIOException("the folder " + path + " can't be made", e);
    }
    return this;
  }

  public boolean exists() {
    return Files.exists(path);
  }

  /// Of a node that was never up: removes its log, and itself unless a node before left more.
  void forget() {
    try {
      Files.deleteIfExists(log());
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // It stays, as harmless as before.
    }
  }

  /// Removes it with all that is in it.
  public void delete() {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      // It stays, as harmless as before.
    }
  }

  public Path log() {
    return path.resolve("node.log");
  }

  /// Where the node remembers its peers.
  public Path state() {
    return path.resolve("state");
  }

  Path recordFile() {
    return path.resolve("node.properties");
  }

  /// What the node wrote once it was up; empty while it is not and after it ended in order.
  public Optional<NodeRecord> record() {
    return NodeRecord.read(recordFile());
  }
}
