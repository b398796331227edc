package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.MantaException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is replicated to every node of things that outlive the process that created them. Nodes
/// keep it in their state folders.
final class DetachedSpace {
  private static final Logger LOG = LoggerFactory.getLogger(DetachedSpace.class);
  private static final Duration WRITE_AGAIN = Duration.ofSeconds(1);
  private static final long CLOSE_SECONDS = 3;

  private final MantaRuntime runtime;
  private final String space;
  private final String what;

  /// Writes one change after another.
  private final ExecutorService writer;

  /// What has not reached a majority, by what it is about.
  private final ConcurrentHashMap<Object, Change> unwritten = new ConcurrentHashMap<>();

  private final Set<String> unreadable = ConcurrentHashMap.newKeySet();
  private volatile @Nullable ClusterRecords records;

  private record Change(Consumer<ClusterRecords> made, Runnable then) {}

  /// @param space of the records, which are kept
  /// @param what they are of, for people
  DetachedSpace(MantaRuntime runtime, String space, String what) {
    this.runtime = runtime;
    this.space = space;
    this.what = what;
    this.writer =
        Executors.newSingleThreadExecutor(Thread.ofVirtual().name("manta-" + space).factory());
  }

  /// @param changed told of all records, now and when one changes
  void begin(Consumer<Map<String, byte[]>> changed) {
    if (!runtime.cluster().isAlone()) {
      ClusterRecords all = runtime.cluster().records(space);
      records = all;
      all.subscribe(changed);
    }
  }

  /// A record as it was written; none, with a warning, when this build can't read it.
  Optional<Message> read(String key, byte[] record) {
    try {
      Message message = Wire.decode(record);
      unreadable.remove(key);
      return Optional.of(message);
    } catch (RuntimeException e) {
      if (unreadable.add(key)) {
        LOG.warn(
            "the record '{}' of the {} can't be read, as if another build wrote it; it is left alone",
            key,
            what,
            e);
      }
      return Optional.empty();
    }
  }

  /// Whether anything is replicated.
  boolean areKept() {
    return records != null;
  }

  /// Waits a while for what is being written: who takes over goes by it.
  void close() {
    writer.shutdown();
    try {
      writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!unwritten.isEmpty()) {
      LOG.warn("what is to be known of {} may not be replicated: {}", what, unwritten.keySet());
    }
    writer.shutdownNow();
  }

  /// Until it has reached a majority of the nodes; these tell the others, also those that join. Of
  /// several changes of the same thing that wait, only the last is made.
  ///
  /// @param id of what it is about
  void write(Object id, Consumer<ClusterRecords> change) {
    write(id, change, () -> {});
  }

  /// As above, and then does what waits for that; at once where nothing is replicated.
  void write(Object id, Consumer<ClusterRecords> made, Runnable then) {
    ClusterRecords all = records;
    if (all == null) {
      then.run();
      return;
    }
    var change = new Change(made, then);
    unwritten.put(id, change);
    execute(() -> writeNow(all, id, change));
  }

  private void writeNow(ClusterRecords all, Object id, Change change) {
    if (unwritten.get(id) != change) {
      return; // a later one counts
    }
    try {
      change.made.accept(all);
    } catch (MantaException e) {
      if (!writer.isShutdown()) {
        LOG.warn("what is to be known of {} is not replicated yet; tried again", id, e);
        runtime.timer().later(WRITE_AGAIN, () -> execute(() -> writeNow(all, id, change)));
      }
      return;
    }
    unwritten.remove(id, change);
    change.then.run();
  }

  private void execute(Runnable step) {
    try {
      writer.execute(step);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }
}
