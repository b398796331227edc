package io.manta.cli.internal;

import io.manta.actors.ClusterAuthority;
import io.manta.actors.MantaConfig;
import io.manta.cli.CommandException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Where certificates are made, and for whom.
final class CertificateOptions {
  @Option(
      names = "--dir",
      paramLabel = "FOLDER",
      description = "Where the files are: security under ~/.manta.")
  private Optional<Path> folder = Optional.empty();

  @Option(
      names = "--hosts",
      paramLabel = "HOST",
      split = ",",
      description =
          "Names and addresses of the machines of nodes and programs, in addition to loopback: this"
              + " machine's for init, those of before for renew.")
  private List<String> hosts = List.of();

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "365",
      description = "How long the certificate is valid: 365.")
  private int days;

  Path folder() {
    return folder.orElseGet(() -> MantaConfig.home().resolve("security")).toAbsolutePath();
  }

  /// Empty where none were given.
  Optional<List<String>> hosts() {
    return hosts.isEmpty() ? Optional.empty() : Optional.of(hosts);
  }

  int days() {
    if (days < 1) {
      throw new CommandException("--days of " + days + " must be 1 or more");
    }
    return days;
  }

  static String names(Path folder) {
    return String.join(", ", ClusterAuthority.hosts(folder));
  }
}
