package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.TaskContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/// What tasks log: each line goes to this node's log and to the driver of the task's job, which
/// prints it. A driver that runs them itself prints what its log leaves out, at once. Lines wait
/// for the driver in a buffer; when that is full the next ones are dropped and counted, so that no
/// task waits for a log. The lines of one task arrive in order.
final class TaskLogs implements AutoCloseable {
  /// One logger for all, since a log keeps each name for ever.
  private static final Logger LOG = LoggerFactory.getLogger("io.manta.task");

  private static final int MOST_WAITING = 10_000;
  private static final int MOST_PRINTS = 1_000;
  private static final long FLUSH_MILLIS = 50;
  private static final long CLOSE_MILLIS = 500;

  private static final class Buffer {
    private final List<Message.LogLine> lines = new ArrayList<>();
    private long dropped;
  }

  private final MantaRuntime runtime;

  /// By driver; guarded by itself.
  private final Map<NodeId, Buffer> waiting = new HashMap<>();

  private boolean scheduled;

  private final LongAdder unprinted = new LongAdder();

  /// Prints what other nodes sent, in order: a console may be paused, and who receives may not.
  private final ThreadPoolExecutor console =
      new ThreadPoolExecutor(
          1,
          1,
          5,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(MOST_PRINTS),
          Thread.ofPlatform().name("manta-console").daemon().factory(),
          (print, executor) -> unprinted.increment());

  TaskLogs(MantaRuntime runtime) {
    this.runtime = runtime;
    console.allowCoreThreadTimeOut(true);
  }

  /// Does not block, but for this process's own log and console.
  void log(TaskContext context, Level level, String text) {
    log(context.job(), context.name(), level, text);
  }

  /// @param name of what of the job it is about
  void log(JobId job, String name, Level level, String text) {
    LOG.atLevel(level).log("[{}] {}", name, text);
    NodeId driver = job.driver();
    if (!runtime.config().taskLogs() || runtime.isClosed()) {
      return;
    }
    if (driver.equals(runtime.id())) {
      if (!LOG.isEnabledForLevel(level)) {
        print(shown(driver, new Message.LogLine(level, name, text)));
      }
      return;
    }
    synchronized (waiting) {
      Buffer buffer = waiting.computeIfAbsent(driver, missing -> new Buffer());
      if (buffer.lines.size() == MOST_WAITING) {
        buffer.dropped++;
      } else {
        buffer.lines.add(new Message.LogLine(level, name, text));
      }
      if (scheduled) {
        return;
      }
      scheduled = true;
    }
    runtime.timer().schedule(this::flush, FLUSH_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void flush() {
    Map<NodeId, Buffer> taken;
    synchronized (waiting) {
      scheduled = false;
      taken = Map.copyOf(waiting);
      waiting.clear();
    }
    taken.forEach(
        (driver, buffer) -> {
          if (!runtime.cluster().isGone(driver)) {
            runtime.cluster().send(driver, new Message.TaskLines(buffer.dropped, buffer.lines));
          }
        });
  }

  /// A node sent lines of this process's tasks.
  void received(NodeId node, Message.TaskLines message) {
    var text = new StringBuilder();
    for (Message.LogLine line : message.lines()) {
      text.append(shown(node, line));
    }
    if (message.dropped() > 0) {
      text.append(
          "[%s] %d more lines of tasks were too many and were dropped%n"
              .formatted(node, message.dropped()));
    }
    console.execute(() -> print(text + unprinted()));
  }

  /// What did not fit while the console was paused.
  private String unprinted() {
    long count = unprinted.sumThenReset();
    return count == 0
        ? ""
        : "the console was too slow: %d batches of lines of tasks were dropped%n".formatted(count);
  }

  private static String shown(NodeId node, Message.LogLine line) {
    return "[%s %s] %s %s%n".formatted(line.task(), node, line.level(), line.text());
  }

  @SuppressWarnings("SystemOut") // the console is where they are to be seen
  private static void print(String text) {
    System.out.print(text);
  }

  @Override
  public void close() {
    flush();
    console.shutdown();
    try {
      if (!console.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
        console.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
