package io.manta.actors.internal.memory;

import io.manta.actors.MemoryLimits;
import io.manta.core.OutOfMemoryException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at a node's memory again and again, on a thread of its own. While little is left the node
/// is short of memory; when that goes on, tasks fail, one at a time.
public final class MemoryWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryWatch.class);

  /// Whose memory it is.
  public interface Node {
    /// As errors and the log name it.
    String name();

    /// What may be failed: what began, is not over and was not cancelled.
    Collection<? extends RunningTask> running();

    /// Called at each look while it is short of memory, and when that is over: work that waits may
    /// start.
    void lookAgain();
  }

  private final MemoryLimits limits;
  private final Node node;
  private final MemoryPolicy policy;
  private final List<Gauge> gauges;
  private final LongSupplier clock;
  private @Nullable ScheduledExecutorService timer;
  private volatile Optional<String> shortage = Optional.empty();

  public MemoryWatch(MemoryLimits limits, Node node) {
    this(limits, node, Heap.ofThisJvm(), Path.of("/"), System::nanoTime);
  }

  /// @param root of the host's files
  MemoryWatch(MemoryLimits limits, Node node, Heap heap, Path root, LongSupplier clock) {
    this.limits = limits;
    this.node = node;
    this.policy = new MemoryPolicy(limits);
    this.gauges =
        List.of(new HeapGauge(heap, clock, policy.near()), new HostGauge(root, clock, heap));
    this.clock = clock;
  }

  /// Begins to look, unless the limits say that it never does.
  ///
  /// @param fatal told of an error other than that memory is short
  public synchronized void start(Consumer<Error> fatal) {
    if (limits.interval().isZero() || timer != null) {
      return;
    }
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("manta-memory").factory());
    timer.scheduleWithFixedDelay(
        () -> check(fatal),
        0, // finds what it needs while there is room
        limits.interval().toNanos(),
        TimeUnit.NANOSECONDS);
  }

  private void check(Consumer<Error> fatal) {
    boolean again = false;
    try {
      again = decide();
    } catch (OutOfMemoryError e) {
      // the next look may find the room to do something about it
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("a look at the memory failed", e);
    } catch (Error e) {
      fatal.accept(e);
    }
    try {
      if (again) {
        node.lookAgain();
      }
    } catch (RuntimeException e) {
      LOG.warn("work that waits for memory was not looked at", e);
    } catch (Error e) {
      fatal.accept(e); // work may be lost
    }
  }

  void look() {
    if (decide()) {
      node.lookAgain();
    }
  }

  /// @return whether work that waits is to be looked at again
  private boolean decide() {
    long now = clock.getAsLong();
    if (policy.isMeasureDue(now)) {
      gauges.forEach(Gauge::measureAnew);
    }
    List<MemoryReading> readings = gauges.stream().flatMap(gauge -> gauge.read().stream()).toList();
    MemoryPolicy.Decision decision = policy.next(now, readings, node::running);
    boolean before = shortage.isPresent();
    if (decision.shortage().isPresent() && !before) {
      String text = decision.shortage().get().toString();
      LOG.warn("{} starts one task at a time, since it is short of memory: {}", node.name(), text);
      shortage = Optional.of(text);
    } else if (decision.shortage().isEmpty() && before) {
      LOG.info("{} has enough memory again", node.name());
      shortage = Optional.empty();
    }
    decision.failing().ifPresent(this::fail);
    return before;
  }

  private void fail(MemoryPolicy.Failing failing) {
    RunningTask task = failing.task();
    MemoryReading reading = failing.reading();
    String message =
        "%s was ended, since its node, %s, is low on memory: %s, and memory-threshold is %s. It was chosen as %s retries. Have fewer such tasks run at once by what they ask for (memory), or %s"
            .formatted(
                task.what(),
                node.name(),
                reading,
                limits.threshold(),
                task.retriable() ? "one with" : "there was none with",
                reading.kind().remedy());
    LOG.warn(message);
    task.fail(new OutOfMemoryException(message));
  }

  /// What there is little of, in words, while the node is short of memory.
  public Optional<String> shortage() {
    return shortage;
  }

  @Override
  public synchronized void close() {
    if (timer != null) {
      timer.shutdownNow();
    }
  }
}
