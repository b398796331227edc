package io.manta.cli.internal;

import io.manta.actors.MantaConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `manta stop`: ends the nodes that this user started on this machine.
@Command(name = "stop", description = "Stop the nodes that you started on this machine.")
final class StopCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  @Option(
      names = "--force",
      description = "Kill them at once instead of letting them leave their cluster.")
  private boolean force;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    Path home = MantaConfig.home();
    PrintWriter out = spec.commandLine().getOut();
    return new NodeStopper(home, force ? Duration.ZERO : PATIENCE, out::println).stopAll()
        ? 0
        : CommandRunner.FAILURE;
  }
}
