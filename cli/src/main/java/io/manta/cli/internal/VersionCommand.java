package io.manta.cli.internal;

import io.manta.core.WireVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `manta version`
@Command(name = "version", description = "Print the versions of Manta and Java.")
final class VersionCommand implements Runnable, IVersionProvider {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    spec.commandLine().getOut().println(getVersion()[0]);
  }

  /// What `manta --version` prints too.
  @Override
  public String[] getVersion() {
    return new String[] {
      "Manta %s, wire version %d, Java %s, %s %s"
          .formatted(
              version(),
              WireVersion.current(),
              Runtime.version(),
              System.getProperty("os.name"),
              System.getProperty("os.arch"))
    };
  }

  private static String version() {
    try (InputStream stream =
        Objects.requireNonNull(
            VersionCommand.class.getResourceAsStream("/io/manta/cli/version.properties"))) {
      var properties = new Properties();
      properties.load(stream);
      return properties.getProperty("version", "unknown");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
