package io.manta.cli.internal;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `manta cluster`: what makes a cluster of several machines.
@Command(
    name = "cluster",
    description = "Make the certificates and the token of a cluster of several machines.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {ClusterInitCommand.class, ClusterRenewCommand.class})
final class ClusterCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getOut());
    return 0;
  }
}
