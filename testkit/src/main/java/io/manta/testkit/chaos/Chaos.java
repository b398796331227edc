package io.manta.testkit.chaos;

import io.manta.actors.MantaConfig;
import io.manta.testkit.ProcessCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Starts a cluster of processes, has it work while faults befall it that a seed chooses, and
/// checks that all that is promised was kept: no call hangs, none runs more often than it may,
/// every answer is right, no acknowledged change is lost, and at the end all resources are free.
public final class Chaos {
  /// The property that names a safeguard that is off, in nodes and drivers.
  private static final String WITHOUT = "manta.test.without";

  private static final List<String> SAFEGUARDS = List.of("retries", "deduplication", "fencing");

  /// What to do.
  ///
  /// @param seed chooses the faults and the calls; the same one gives the same faults in the same
  ///   order, and yet another run, since processes are never twice as quick
  /// @param length after which no further fault begins, from when all clients had answers; there is
  ///   one fault at least, or none where a safeguard is off
  /// @param nodes 3 or more: of two, one that is cut off has no majority
  /// @param without a safeguard that is off, to see that the checker notices: `retries`,
  ///   `deduplication` or `fencing`
  public record Plan(long seed, Duration length, int nodes, Optional<String> without) {
    public Plan {
      if (nodes < 3) {
        throw new IllegalArgumentException(
            nodes + " nodes are too few: 3 or more, so that a majority stays when one is gone");
      }
      without
          .filter(name -> !SAFEGUARDS.contains(name))
          .ifPresent(
              name -> {
                throw new IllegalArgumentException(
                    "'%s' is none of %s".formatted(name, String.join(", ", SAFEGUARDS)));
              });
    }

    /// Three nodes.
    public static Plan of(long seed, Duration length) {
      return new Plan(seed, length, 3, Optional.empty());
    }

    public Plan withNodes(int value) {
      return new Plan(seed, length, value, without);
    }

    public Plan without(String safeguard) {
      return new Plan(seed, length, nodes, Optional.of(safeguard));
    }
  }

  private Chaos() {}

  /// Runs it; blocks for the length of the plan, and some time to recover and check.
  ///
  /// @param timeline told of each fault and of each step, a line each
  /// @throws Violation when something promised was not kept: names the seed, the phase, what was
  ///   expected and what was seen. Unless a safeguard is off, what processes wrote is kept then,
  ///   and the folders are told
  /// @throws AssertionError when it could not be carried out, as when a node does not come back
  public static void run(Plan plan, Consumer<String> timeline) throws InterruptedException {
    Path witness = folder();
    String before = System.getProperty(WITHOUT, "");
    System.setProperty(WITHOUT, plan.without().orElse(""));
    boolean kept = false;
    try (var cluster = start(plan, witness)) {
      try (var steady = new Seat(cluster);
          var moving = new Seat(cluster);
          var story = new Story(plan, witness, cluster, steady, moving, timeline)) {
        story.run();
        timeline.accept(story.report());
      } catch (Throwable e) {
        if (plan.without().isEmpty()) {
          kept = true;
          timeline.accept(
              "what the nodes wrote is kept in %s, and what ran in %s"
                  .formatted(cluster.keepFolder(), witness));
        }
        throw e;
      }
    } finally {
      System.setProperty(WITHOUT, before);
      if (!kept) {
        delete(witness);
      }
    }
  }

  private static ProcessCluster start(Plan plan, Path witness) {
    return ProcessCluster.startOnFaultyNetwork(
        plan.nodes(),
        MantaConfig.defaults().withCpus(2),
        "-D" + Witness.FOLDER + "=" + witness.toAbsolutePath(),
        "-D" + WITHOUT + "=" + plan.without().orElse(""),
        "-Dmanta.log.level=INFO");
  }

  private static Path folder() {
    try {
      return Files.createTempDirectory("manta-chaos-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
