package io.manta.sharding;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The addresses of the members that a node last saw, in the file `peers` of its state folder, so
/// that it finds them after a restart and does not found a second cluster.
public final class PeerMemory {
  private static final Logger LOG = LoggerFactory.getLogger(PeerMemory.class);

  private final Path file;

  public PeerMemory(Path stateFolder) {
    this.file = stateFolder.resolve("peers");
  }

  public List<String> read() {
    try {
      return Files.exists(file)
          ? Files.readAllLines(file).stream().map(String::strip).filter(l -> !l.isEmpty()).toList()
          : List.of();
    } catch (IOException e) {
      LOG.warn("{} can't be read", file, e);
      return List.of();
    }
  }

  public synchronized void write(Collection<String> addresses) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path next = file.resolveSibling("peers.next");
      Files.write(next, addresses.stream().sorted().toList());
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("{} can't be written; this node may not find its cluster after a restart", file, e);
    }
  }
}
