package io.manta.actors.internal;

import io.manta.core.ConfigurationException;
import io.manta.core.WireVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/// The file `version` in a node's state folder: the [WireVersion] of the last node that used it.
final class StateVersion {
  private static final String FILE = "version";

  private StateVersion() {}

  /// Makes a state folder one of this version, before anything in it is read.
  ///
  /// @throws ConfigurationException when a later version wrote it, or it can't be written
  static void claim(Path stateFolder) {
    Path file = stateFolder.resolve(FILE);
    try {
      int found = Files.exists(file) ? read(file) : 0;
      if (found > WireVersion.current()) {
        throw new ConfigurationException(
            "the state in %s is of wire version %d of Manta, and this process reads up to %d; start it with a Manta of version %d, or give it another state-folder"
                .formatted(stateFolder, found, WireVersion.current(), found));
      }
      if (found < WireVersion.current()) {
        write(file);
      }
    } catch (IOException e) {
      throw new ConfigurationException(
          "the state in %s can't be used: %s; make the folder writable, or set another state-folder"
              .formatted(stateFolder, e),
          e);
    }
  }

  private static int read(Path file) throws IOException {
    String text = Files.readString(file).strip();
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new ConfigurationException(
          "%s is damaged: it has '%s' where a number is to be; write %d into it if that is the wire version that used it last"
              .formatted(file, text, WireVersion.current()),
          e);
    }
  }

  private static void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(FILE + ".next");
    Files.writeString(next, WireVersion.current() + "\n");
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
