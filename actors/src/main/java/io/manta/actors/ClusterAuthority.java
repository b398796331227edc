package io.manta.actors;

import io.manta.actors.internal.KeyTool;
import io.manta.core.ConfigurationException;
import io.manta.objects.security.Secrets;
import io.manta.objects.security.SecurityFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;

/// Who says which processes are of a cluster: a key that signs their certificates, in a folder for
/// `security` of [MantaConfig].
///
/// The folder has `ca.pem`, `cert.pem`, `key.pem` and `token`, which every node and driver needs,
/// and `ca-key.pem`, which is needed here alone. Only its owner may read them. What makes the keys
/// and certificates is the JDK's `keytool`.
public final class ClusterAuthority {
  /// What signs.
  public static final String AUTHORITY_KEY = "ca-key.pem";

  /// What every process of the cluster needs.
  public static final List<String> NEEDED =
      List.of(
          SecurityFolder.AUTHORITIES,
          SecurityFolder.CERTIFICATE,
          SecurityFolder.KEY,
          SecurityFolder.TOKEN);

  private static final int AUTHORITY_DAYS = 3650;
  private static final int TOKEN_BYTES = 32;
  private static final String FOLDER_MODE = "rwx------";
  private static final String FILE_MODE = "rw-------";

  private ClusterAuthority() {}

  /// Makes an authority, a certificate and a token. Blocks for seconds.
  ///
  /// @param folder new, or without any of these files
  /// @param hosts names and addresses by which processes with this certificate are reached, in
  ///   addition to those of loopback
  /// @param days for which the certificate is valid; the authority is for ten years
  /// @throws ConfigurationException when one of the files is there, or a host is no name
  public static void create(Path folder, List<String> hosts, int days) {
    for (String name : NEEDED) {
      requireAbsent(folder.resolve(name));
    }
    requireAbsent(folder.resolve(AUTHORITY_KEY));
    makeFolder(folder);
    try (var keys = new KeyTool()) {
      keys.makeAuthority(AUTHORITY_DAYS);
      keys.makeCertificate(withLoopback(hosts), days);
      write(folder, AUTHORITY_KEY, keys.authorityKey());
      write(folder, SecurityFolder.AUTHORITIES, keys.authority());
      write(folder, SecurityFolder.KEY, keys.key());
      write(folder, SecurityFolder.CERTIFICATE, keys.certificate());
      write(folder, SecurityFolder.TOKEN, token() + "\n");
    }
  }

  /// Makes another key and certificate in the place of those that are there; processes take them
  /// over within seconds. Blocks for seconds.
  ///
  /// @param hosts as for [#create]; none for those of the certificate that is there
  /// @throws ConfigurationException when the folder lacks what is needed
  public static void renew(Path folder, List<String> hosts, int days) {
    Path authorityKey = folder.resolve(AUTHORITY_KEY);
    if (!Files.exists(authorityKey)) {
      throw new ConfigurationException(
          "%s is missing; renew where 'manta cluster init' was run".formatted(authorityKey));
    }
    Secrets.requireKept(authorityKey);
    List<String> names = hosts.isEmpty() ? hosts(folder) : withLoopback(hosts);
    try (var keys = new KeyTool()) {
      keys.takeAuthority(folder.resolve(SecurityFolder.AUTHORITIES), authorityKey);
      keys.makeCertificate(names, days);
      write(folder, SecurityFolder.KEY, keys.key());
      write(folder, SecurityFolder.CERTIFICATE, keys.certificate());
    }
  }

  /// The names and addresses of hosts that the certificate in a folder is for.
  public static List<String> hosts(Path folder) {
    return SecurityFolder.names(folder);
  }

  private static List<String> withLoopback(List<String> hosts) {
    var names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1"));
    names.addAll(hosts);
    return List.copyOf(names);
  }

  private static String token() {
    byte[] random = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(random);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
  }

  private static void requireAbsent(Path file) {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new ConfigurationException(
          "%s is there already, and is not replaced: renew its certificate with 'manta cluster renew', or name another folder"
              .formatted(file));
    }
  }

  /// Where it is there its mode is its owner's choice; the files are closed to others all the same.
  private static void makeFolder(Path folder) {
    try {
      if (Files.isDirectory(folder)) {
        return;
      }
      Path parent = folder.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      Files.createDirectory(folder, mode(parent == null ? folder : parent, FOLDER_MODE));
    } catch (IOException e) {
      throw new ConfigurationException(folder + " can't be made: " + e, e);
    }
  }

  private static FileAttribute<?>[] mode(Path near, String mode) throws IOException {
    return Files.getFileStore(near).supportsFileAttributeView("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(mode))
        }
        : new FileAttribute<?>[0];
  }

  /// In one step, and never readable for others.
  private static void write(Path folder, String name, String text) {
    Path file = folder.resolve(name);
    Path part = folder.resolve(name + ".part");
    try {
      Files.deleteIfExists(part);
      Files.createFile(part, mode(folder, FILE_MODE));
      Files.writeString(part, text);
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " can't be written", e);
    }
  }
}
