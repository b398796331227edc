package io.manta.samples;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.cli.Addresses;
import io.manta.cli.Patience;
import io.manta.cli.Ports;
import io.manta.samples.classifier.Evaluate;
import io.manta.serve.Application;
import io.manta.serve.Serve;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `manta sample text-classifier`
@Command(
    name = "text-classifier",
    description = "Serve a model over HTTP that says whether a sentence is positive or negative.")
final class TextClassifierCommand implements Callable<Integer> {
  @Option(
      names = "--address",
      paramLabel = "manta://HOST:PORT",
      split = ",",
      description =
          "The cluster to serve on, or auto; a node in this process when it is not given.")
  private List<String> addresses = new ArrayList<>();

  @Option(
      names = "--http-port",
      paramLabel = "N",
      description = "Where this process serves: 8000, or any free one where that is taken.")
  private Optional<String> httpPort = Optional.empty();

  @Option(
      names = "--evaluate",
      paramLabel = "FILE",
      description =
          "Serve nothing; print the accuracy on labelled text: label, rating, text by tab.")
  private Optional<Path> evaluate = Optional.empty();

  @Spec private CommandSpec spec = CommandSpec.create();

  private Manta connect(MantaConfig config) {
    return Manta.connect(Patience.of(config, spec.commandLine().getErr()));
  }

  @Override
  public Integer call() {
    if (evaluate.isPresent()) {
      return Evaluate.evaluate(evaluate.get(), System.out);
    }
    if (httpPort.isPresent() && !addresses.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "with --address the cluster's nodes serve, each on its own port: give --http-port to"
              + " 'start'");
    }
    MantaConfig config = config();
    Manta manta = addresses.isEmpty() ? Manta.start(config) : connect(config);
    Application application;
    try {
      application = Serve.run(manta, ClassifierDeployment.on(manta));
    } catch (RuntimeException e) {
      manta.close();
      throw e;
    }
    var ended = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(
                    () -> {
                      application.close();
                      manta.close();
                      ended.countDown();
                    }));
    if (addresses.isEmpty()
        && config.httpPort().isEmpty()
        && application.url().getPort() != Serve.DEFAULT_PORT) {
      System.out.printf(
          "Port %d is taken, so this serves on %d; --http-port chooses another.%n",
          Serve.DEFAULT_PORT, application.url().getPort());
    }
    System.out.println("Serving until Ctrl-C. Try:");
    System.out.println("  " + ClassifierDeployment.curl(application.url()));
    await(ended);
    return 0;
  }

  private MantaConfig config() {
    MantaConfig given = MantaConfig.load();
    if (!addresses.isEmpty()) {
      return given.withAddresses(Addresses.of(addresses));
    }
    MantaConfig config =
        httpPort.map(port -> given.withSetting("http-port", port, "--http-port")).orElse(given);
    config
        .httpPort()
        .ifPresent(port -> Ports.requireFree(config.httpAddress(), port, "--http-port"));
    return config;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
