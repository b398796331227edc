package io.manta.objects.security;

import io.manta.core.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// Who may read the files of a cluster's secrets.
public final class Secrets {
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  private Secrets() {}

  /// Refuses a key or a token that every user of the machine can read or change. Does nothing where
  /// it is missing, or files have no such permissions.
  ///
  /// @throws ConfigurationException naming the file, its mode and how to change that
  public static void requireKept(Path file) {
    try {
      Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
      if (mode.stream().anyMatch(OTHERS::contains)) {
        throw new ConfigurationException(
            "%s is a secret, and its mode %s opens it to all users of this machine; run: chmod 600 %s"
                .formatted(file, PosixFilePermissions.toString(mode), file));
      }
    } catch (UnsupportedOperationException | IOException e) {
      // who reads it says what is wrong with it
    }
  }
}
