package io.manta.samples.orders;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An instance of the service in a process of its own, with the class path of this one.
final class OrdersProcess implements AutoCloseable {
  private static final Duration START_DEADLINE = Duration.ofSeconds(150);
  private static final Pattern STARTED = Pattern.compile("Tomcat started on port (\\d+)");
  private static final int TAIL = 60;

  private final Process process;
  private final ConcurrentLinkedDeque<String> lines = new ConcurrentLinkedDeque<>();
  private final CompletableFuture<Integer> httpPort = new CompletableFuture<>();

  private OrdersProcess(Process process) {
    this.process = process;
    Thread.ofPlatform().daemon().name("orders-output").start(this::readOutput);
  }

  /// Starts one; does not wait until it is up.
  static OrdersProcess start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            OrdersApplication.class.getName(),
            "--spring.main.banner-mode=off",
            "--server.port=0",
            "--manta.port=0",
            "--manta.cpus=2"));
    command.addAll(List.of(arguments));
    return new OrdersProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  private void readOutput() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = reader.readLine()) != null) {
        lines.add(line);
        if (lines.size() > TAIL) {
          lines.removeFirst();
        }
        Matcher started = STARTED.matcher(line);
        if (started.find()) {
          httpPort.complete(Integer.valueOf(started.group(1)));
        }
      }
    } catch (IOException e) {
      lines.add(e.toString());
    }
    httpPort.completeExceptionally(new IllegalStateException("the process ended"));
  }

  /// The last of what it printed.
  String tail() {
    return String.join("\n", lines);
  }

  /// A client of it; blocks until it is up.
  OrdersClient client() {
    try {
      return new OrdersClient(httpPort.get(START_DEADLINE.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while an instance started", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "an instance was not up within " + START_DEADLINE + "; its last lines:\n" + tail(), e);
    }
  }

  /// Asks it to end in order, as SIGTERM does; whether it ended in time.
  boolean end(Duration deadline) {
    process.destroy();
    return awaitEnd(deadline);
  }

  /// Ends it as `kill -9` does; blocks until it is gone.
  @Override
  public void close() {
    process.destroyForcibly();
    awaitEnd(Duration.ofSeconds(10));
  }

  private boolean awaitEnd(Duration deadline) {
    try {
      return process.waitFor(deadline.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
