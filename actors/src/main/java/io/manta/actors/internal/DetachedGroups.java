package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Placement groups that outlive the process that created them. What it takes to place one is
/// replicated to every node; when the process that does so is gone, the living node with the lowest
/// id takes over.
final class DetachedGroups {
  private static final Logger LOG = LoggerFactory.getLogger(DetachedGroups.class);
  private static final long WRITE_AGAIN_SECONDS = 1;
  private static final long CLOSE_SECONDS = 3;
  private static final String SPACE = "detached-groups";

  private final MantaRuntime runtime;
  private final PlacementGroups groups;

  /// Writes one change after another.
  private final ExecutorService writer =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("manta-groups").factory());

  private volatile Map<PlacementGroupId, Message.DetachedGroup> known = Map.of();
  private volatile @Nullable ClusterRecords records;

  DetachedGroups(MantaRuntime runtime, PlacementGroups groups) {
    this.runtime = runtime;
    this.groups = groups;
  }

  void begin() {
    if (!runtime.cluster().isAlone()) {
      ClusterRecords space = runtime.cluster().records(SPACE);
      records = space;
      space.subscribe(this::changedElsewhere);
    }
  }

  /// Waits a while for what is being written: who takes over goes by it.
  void close() {
    writer.shutdown();
    try {
      if (!writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("what is to be known of detached placement groups may not be replicated");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean isKnown(PlacementGroupId id) {
    return known.containsKey(id);
  }

  /// Who places it, as far as is known.
  Optional<NodeId> director(PlacementGroupId id) {
    return Optional.ofNullable(known.get(id)).map(Message.DetachedGroup::director);
  }

  /// Whether anything is replicated of a group.
  boolean isKept(PlacementGroupId id) {
    return id.detached() && records != null;
  }

  /// It is new here.
  ///
  /// @param then once that is known to a majority of the nodes
  void created(OwnedGroup group, Runnable then) {
    write(
        group.id,
        space -> {
          put(group, space);
          then.run();
        });
  }

  /// It is placed by this process, elsewhere than before.
  void changed(OwnedGroup group) {
    write(group.id, space -> put(group, space));
  }

  private void put(OwnedGroup group, ClusterRecords space) {
    if (groups.owned().get(group.id) == group) { // else another knows better by now
      space.put(key(group.id), Wire.encode(recordOf(group)));
    }
  }

  private Message.DetachedGroup recordOf(OwnedGroup group) {
    synchronized (group) {
      return new Message.DetachedGroup(
          group.id, runtime.id(), group.job, group.options, Map.copyOf(group.nodes));
    }
  }

  void removed(PlacementGroupId id) {
    write(id, space -> space.remove(key(id)));
  }

  private static String key(PlacementGroupId id) {
    return "%s/%d".formatted(id.owner(), id.number());
  }

  /// Until it has reached a majority of the nodes; these tell the others, also those that join.
  private void write(PlacementGroupId id, Consumer<ClusterRecords> change) {
    ClusterRecords space = records;
    if (!id.detached() || space == null) {
      return;
    }
    try {
      writer.execute(
          () -> {
            try {
              change.accept(space);
            } catch (MantaException e) {
              LOG.warn("what is to be known of the detached {} is not replicated yet", id, e);
              writeLater(id, change);
            }
          });
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }

  private void writeLater(PlacementGroupId id, Consumer<ClusterRecords> change) {
    try {
      runtime.timer().schedule(() -> write(id, change), WRITE_AGAIN_SECONDS, TimeUnit.SECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }

  private void changedElsewhere(Map<String, byte[]> all) {
    var next = new HashMap<PlacementGroupId, Message.DetachedGroup>();
    for (byte[] bytes : all.values()) {
      if (Wire.decode(bytes) instanceof Message.DetachedGroup group) {
        next.put(group.group(), group);
      }
    }
    Map<PlacementGroupId, Message.DetachedGroup> before = known;
    known = Map.copyOf(next);
    for (Message.DetachedGroup group : next.values()) {
      NodeId director = group.director();
      if (!director.equals(runtime.id()) && !runtime.cluster().isGone(director)) {
        groups.owned().handOver(group.group());
      }
      Message.DetachedGroup then = before.get(group.group());
      if (then == null || !then.director().equals(director)) {
        groups.watchAgain(group.group());
      }
    }
    adopt();
  }

  /// Another process died.
  void nodeDied() {
    adopt();
  }

  private void adopt() {
    if (runtime.isDriver() || runtime.isClosing() || !isLowest()) {
      return;
    }
    for (Message.DetachedGroup group : known.values()) {
      if (!runtime.cluster().isGone(group.director()) || groups.owned().contains(group.group())) {
        continue;
      }
      var adopted = new OwnedGroup(group.group(), group.options(), group.job());
      adopted.named = true;
      groups.owned().adopt(adopted, group.nodes().values());
    }
  }

  private boolean isLowest() {
    return runtime.nodeViews().stream().allMatch(node -> node.id().value() >= runtime.id().value());
  }
}
