package io.manta.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// A JVM that this one started. It answers in lines of JSON on its standard output, and ends when
/// its standard input does, so that none outlives the process that started it.
final class Child implements AutoCloseable {
  private static final Duration TIME_TO_END = Duration.ofSeconds(15);

  private final String name;
  private final Process process;
  private final BufferedReader output;

  Child(String name, Process process) {
    this.name = name;
    this.process = process;
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

  /// The next answer. Ends the process when there is none within the limit.
  ///
  /// @throws IllegalStateException when the process ended instead
  <T> T answer(Class<T> type, Duration limit) throws IOException {
    var late = new AtomicBoolean();
    var alarm =
        CompletableFuture.runAsync(
            () -> {
              late.set(true);
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
                  ? "the " + name + " gave no answer within " + limit.toSeconds() + " s: ended it"
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
