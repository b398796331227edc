package io.manta.samples;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `manta sample`: lists the samples; each is a command of it.
@Command(
    name = "sample",
    description = "List the sample programs, or run one.",
    synopsisSubcommandLabel = "[NAME]",
    subcommands = {TourCommand.class, TextClassifierCommand.class})
final class SampleCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    spec.subcommands()
        .forEach(
            (name, sample) ->
                out.println(
                    "%-16s %s"
                        .formatted(name, sample.getCommandSpec().usageMessage().description()[0])));
    return 0;
  }
}
