package io.manta.chaos;

import io.manta.cli.CommandException;
import io.manta.testkit.chaos.Chaos;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `manta chaos`: faults for a cluster of its own, and a checker.
@Command(
    name = "chaos",
    description = {
      "Start a cluster of processes, have it work while nodes are killed, stand still and are cut"
          + " off, and check that all that is promised was kept.",
      "Each fault is told when it begins. The code is 1 when something was not kept."
    })
final class ChaosCommand implements Callable<Integer> {
  private static final int MOST_SEEDS = 1_000_000;

  @Option(
      names = "--minutes",
      paramLabel = "N",
      description = "After which no further fault begins: ${DEFAULT-VALUE}.",
      defaultValue = "2")
  private double minutes;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Chooses the faults and the calls, so that they come again: any.")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "How many, 3 or more: ${DEFAULT-VALUE}.",
      defaultValue = "3")
  private int nodes;

  @Option(
      names = "--without",
      paramLabel = "SAFEGUARD",
      description =
          "Switch retries, deduplication or fencing off, to see that the checker notices.")
  private Optional<String> without = Optional.empty();

  @Spec private CommandSpec spec = CommandSpec.create();

  /// What is to be done.
  ///
  /// @throws ParameterException when an option is wrong
  Chaos.Plan plan() {
    long chosen = seed.orElseGet(() -> ThreadLocalRandom.current().nextLong(MOST_SEEDS));
    if (!(minutes > 0)) {
      throw wrong("--minutes " + minutes + " must be above 0");
    }
    try {
      var plan = Chaos.Plan.of(chosen, Duration.ofMillis(Math.round(minutes * 60_000)));
      plan = plan.withNodes(nodes);
      return without.isPresent() ? plan.without(without.get()) : plan;
    } catch (IllegalArgumentException e) {
      throw wrong(Objects.requireNonNullElse(e.getMessage(), e.toString()));
    }
  }

  @Override
  public Integer call() throws InterruptedException {
    Chaos.Plan plan = plan();
    PrintWriter out = spec.commandLine().getOut();
    out.println("seed " + plan.seed() + ": " + plan.nodes() + " nodes start");
    out.flush();
    try {
      Chaos.run(
          plan,
          line -> {
            out.println(line);
            out.flush();
          });
    } catch (AssertionError e) {
      throw new CommandException(
          "%s%nRun it again by --seed %d.".formatted(e.getMessage(), plan.seed()), e);
    } catch (IllegalStateException | UnsupportedOperationException | CompletionException e) {
      throw new CommandException("the cluster did not start: " + e.getMessage(), e);
    }
    out.println("all was kept");
    out.flush();
    return CommandLine.ExitCode.OK;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
