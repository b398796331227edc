package io.manta.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/// A JVM that this one started. It answers in lines of JSON on its standard output, and ends when
/// its standard input does, so that none outlives the process that started it.
final class Child implements AutoCloseable {
  private static final int DUMP_SECONDS = 20;
  private static final Duration TIME_TO_END = Duration.ofSeconds(15);

  private final String name;
  private final Process process;
  private final Path folder;
  private final BufferedReader output;

  /// @param folder where thread dumps go when it is stuck
  Child(String name, Process process, Path folder) {
    this.name = name;
    this.process = process;
    this.folder = folder;
    this.output = process.inputReader();
  }

  /// The child's side: takes standard output for answers, sends all that is printed elsewhere to
  /// standard error, and sees to it that this process ends when its parent closes it or dies.
  static PrintStream answers() {
    PrintStream answers = System.out;
    System.setOut(System.err);
    Thread.ofPlatform().daemon().name("parent-watch").start(Child::endWithParent);
    return answers;
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is sent: only the end matters.
      }
    } catch (IOException e) {
      System.err.println("lost the parent process: " + e);
    }
    System.exit(0);
  }

  /// The next answer. Ends the process when there is none within the limit, and leaves thread dumps
  /// of it and its descendants in the folder.
  ///
  /// @throws IllegalStateException when the process ended instead
  <T> T answer(Class<T> type, Duration limit) throws IOException {
    var late = new AtomicBoolean();
    var alarm =
        CompletableFuture.runAsync(
            () -> {
              late.set(true);
              dumpThreads();
              kill();
            },
            CompletableFuture.delayedExecutor(limit.toMillis(), TimeUnit.MILLISECONDS));
    try {
      String line;
      do {
        line = output.readLine();
        if (line == null) {
          throw new IllegalStateException(
              late.get()
                  ? "the "
                      + name
                      + " gave no answer within "
                      + limit.toSeconds()
                      + " s: dumped its threads and ended it"
                  : "the " + name + " ended unexpectedly" + exitCode());
        }
      } while (!line.startsWith("{"));
      return Json.read(line, type);
    } finally {
      alarm.cancel(false);
    }
  }

  private String exitCode() {
    try {
      return process.waitFor(1, TimeUnit.SECONDS) ? " with code " + process.exitValue() : "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    }
  }

  private void dumpThreads() {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    List<ProcessHandle> all =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    for (ProcessHandle each : all) {
      Path file = folder.resolve("threads-" + each.pid() + ".txt");
      try {
        new ProcessBuilder(jcmd + "", each.pid() + "", "Thread.dump_to_file", file + "")
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD)
            .start()
            .waitFor(DUMP_SECONDS, TimeUnit.SECONDS);
      } catch (IOException e) {
        System.err.println("no dump of the threads of " + name + ": " + e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  void kill() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /// Lets the process end, and makes it after a while.
  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(TIME_TO_END.toMillis(), TimeUnit.MILLISECONDS)) {
        kill();
      }
    } catch (IOException e) {
      kill();
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
  }
}
