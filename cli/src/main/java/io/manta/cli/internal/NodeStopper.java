package io.manta.cli.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// Ends the nodes that have a record in a home folder. What was stopped on purpose may be founded
/// anew, so the nodes' memory of their peers goes too.
///
/// @param patience how long they may take to leave before they are killed
/// @param report told what became of each
record NodeStopper(Path home, Duration patience, Consumer<String> report) {
  private static final Duration KILL_TIME = Duration.ofSeconds(10);

  /// Whether none runs any more.
  boolean stopAll() {
    var running = new LinkedHashMap<NodeRecord, ProcessHandle>();
    for (NodeRecord record : NodeFolder.records(home)) {
      var process = record.process();
      if (process.isPresent()) {
        running.put(record, process.get());
      } else {
        record.delete();
      }
    }
    if (running.isEmpty()) {
      report.accept("No node of yours runs on this machine.");
      return true;
    }
    boolean gentle = !patience.isZero();
    if (gentle) {
      running.values().forEach(ProcessHandle::destroy);
    }
    long deadline = System.nanoTime() + patience.toNanos();
    boolean all = true;
    for (var entry : running.entrySet()) {
      NodeRecord record = entry.getKey();
      ProcessHandle process = entry.getValue();
      String what =
          "node %s at %s (process %d)".formatted(record.id(), record.address(), record.pid());
      if (gentle && endedBy(process, deadline - System.nanoTime())) {
        report.accept("Stopped " + what);
      } else {
        process.destroyForcibly();
        if (endedBy(process, KILL_TIME.toNanos())) {
          report.accept(
              "Killed "
                  + what
                  + (gentle
                      ? ", which had not left after %d s".formatted(patience.toSeconds())
                      : ""));
        } else {
          report.accept("Can't end " + what);
          all = false;
          continue;
        }
      }
      record.delete();
      forgetPeers(record);
    }
    return all;
  }

  private static boolean endedBy(ProcessHandle process, long nanos) {
    CompletableFuture<ProcessHandle> exit = process.onExit();
    try {
      exit.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void forgetPeers(NodeRecord record) {
    try {
      Files.deleteIfExists(record.state().resolve("peers"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
