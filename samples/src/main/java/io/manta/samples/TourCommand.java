package io.manta.samples;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.cli.Addresses;
import io.manta.cli.Patience;
import io.manta.core.DataSize;
import io.manta.samples.tour.Story;
import io.manta.samples.tour.Tour;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `manta sample tour`
@Command(
    name = "tour",
    description = "Manta in a few programs of a few lines each: tasks, resources, an actor.")
final class TourCommand implements Callable<Integer> {
  @Option(
      names = "--address",
      paramLabel = "manta://HOST:PORT",
      split = ",",
      description = "The cluster to run on, or auto; a node in this process when it is not given.")
  private List<String> addresses = new ArrayList<>();

  @Override
  public Integer call() {
    try (Manta manta = runtime()) {
      boolean right = Tour.run(manta, new Story(System.out));
      System.out.println();
      System.out.println(right ? "All right." : "Not all of it went right.");
      return right ? 0 : 1;
    }
  }

  private Manta runtime() {
    if (!addresses.isEmpty()) {
      MantaConfig config = MantaConfig.load().withAddresses(Addresses.of(addresses));
      return Manta.connect(Patience.of(config, err()));
    }
    System.out.println("On a node in this process, which is told that it has 12 cpus and 4 GiB.");
    return Manta.start(MantaConfig.load().withCpus(12).withMemory(DataSize.parse("4GiB")));
  }

  private static PrintWriter err() {
    return new PrintWriter(System.err, true, System.err.charset());
  }
}
