package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.MantaException;
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
  private static final long WRITE_AGAIN_SECONDS = 1;
  private static final long CLOSE_SECONDS = 3;

  private final MantaRuntime runtime;
  private final String space;
  private final String what;

  /// Writes one change after another.
  private final ExecutorService writer;

  /// What has not reached a majority, by what it is about.
  private final ConcurrentHashMap<Object, Consumer<ClusterRecords>> unwritten =
      new ConcurrentHashMap<>();

  private final Set<String> unreadable = ConcurrentHashMap.newKeySet();
  private volatile @Nullable ClusterRecords records;

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
      if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("what is to be known of {} may not be replicated", what);
        writer.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Until it has reached a majority of the nodes; these tell the others, also those that join. Of
  /// several changes of the same thing that wait, only the last is made.
  ///
  /// @param id of what it is about
  void write(Object id, Consumer<ClusterRecords> change) {
    ClusterRecords all = records;
    if (all != null) {
      unwritten.put(id, change);
      execute(() -> writeNow(all, id, change));
    }
  }

  /// As [#write], and then does what waits for that; at once where nothing is replicated.
  void write(Object id, Consumer<ClusterRecords> change, Runnable then) {
    if (records == null) {
      then.run();
      return;
    }
    write(
        id,
        space -> {
          change.accept(space);
          then.run();
        });
  }

  private void writeNow(ClusterRecords all, Object id, Consumer<ClusterRecords> change) {
    if (unwritten.get(id) != change) {
      return; // a later one counts
    }
    try {
      change.accept(all);
      unwritten.remove(id, change);
    } catch (MantaException e) {
      if (writer.isShutdown()) {
        LOG.debug("what is to be known of {} is not replicated", id, e);
        return;
      }
      LOG.warn("what is to be known of {} is not replicated yet; tried again", id, e);
      later(() -> execute(() -> writeNow(all, id, change)));
    }
  }

  private void execute(Runnable step) {
    try {
      writer.execute(step);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }

  private void later(Runnable step) {
    try {
      runtime.timer().schedule(step, WRITE_AGAIN_SECONDS, TimeUnit.SECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }
}
