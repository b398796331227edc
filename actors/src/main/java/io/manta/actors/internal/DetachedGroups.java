package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Placement groups that outlive the process that created them. What it takes to place one is
/// replicated to every node; when the process that does so is gone, the living node with the lowest
/// id takes over.
final class DetachedGroups {
  private static final String SPACE = "kept.detached-groups";

  private final MantaRuntime runtime;
  private final PlacementGroups groups;

  private volatile Map<PlacementGroupId, Message.DetachedGroup> known = Map.of();

  /// Those that were placed, and so had their name.
  private volatile Map<String, Message.DetachedGroup> named = Map.of();

  private final DetachedSpace records;

  DetachedGroups(MantaRuntime runtime, PlacementGroups groups) {
    this.runtime = runtime;
    this.records = new DetachedSpace(runtime, SPACE, "detached placement groups");
    this.groups = groups;
  }

  void begin() {
    records.begin(this::changedElsewhere);
  }

  void close() {
    records.close();
  }

  boolean isKnown(PlacementGroupId id) {
    return known.containsKey(id);
  }

  /// Who places it, as far as is known.
  Optional<NodeId> director(PlacementGroupId id) {
    return Optional.ofNullable(known.get(id)).map(Message.DetachedGroup::director);
  }

  /// Who has a name and nobody to say so, until another places it.
  Optional<PlacementGroupId> awaited(String name) {
    return Optional.ofNullable(named.get(name))
        .filter(group -> !runtime.cluster().isAlive(group.director()))
        .map(Message.DetachedGroup::group);
  }

  /// It is new here.
  ///
  /// @param then once that is known to a majority of the nodes, at once where nothing is to be
  void created(OwnedGroup group, Runnable then) {
    if (group.id.detached()) {
      records.write(group.id, space -> put(group, space), then);
    } else {
      then.run();
    }
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
          group.id, runtime.id(), group.job, group.options, Map.copyOf(group.nodes), group.quota);
    }
  }

  void removed(PlacementGroupId id) {
    write(id, space -> space.remove(key(id)));
  }

  private static String key(PlacementGroupId id) {
    return "%s/%d".formatted(id.owner(), id.number());
  }

  private void write(PlacementGroupId id, Consumer<ClusterRecords> change) {
    if (id.detached()) {
      records.write(id, change);
    }
  }

  private void changedElsewhere(Map<String, byte[]> all) {
    var next = new HashMap<PlacementGroupId, Message.DetachedGroup>();
    var names = new HashMap<String, Message.DetachedGroup>();
    all.forEach(
        (key, bytes) -> {
          if (records.read(key, bytes).orElse(null) instanceof Message.DetachedGroup group) {
            next.put(group.group(), group);
            if (!group.nodes().isEmpty()) {
              group.options().name().ifPresent(name -> names.put(name, group));
            }
          }
        });
    Map<PlacementGroupId, Message.DetachedGroup> before = known;
    known = Map.copyOf(next);
    named = Map.copyOf(names);
    for (Message.DetachedGroup group : next.values()) {
      NodeId director = group.director();
      if (!director.equals(runtime.id()) && !runtime.directors().isLost(director)) {
        groups.owned().handOver(group.group());
      }
      Message.DetachedGroup then = before.get(group.group());
      if (then == null || !then.director().equals(director)) {
        groups.watchAgain(group.group());
      }
    }
    adopt();
  }

  /// Whether there is one that somebody has to take over.
  boolean haveLost() {
    return known.values().stream().anyMatch(this::isLost);
  }

  private boolean isLost(Message.DetachedGroup group) {
    return runtime.directors().isLost(group.director()) && !groups.owned().contains(group.group());
  }

  /// Takes over what nobody places any more, if that is this node's to do. After each death, each
  /// change of what is known, and from time to time.
  void adopt() {
    if (haveLost() && runtime.stateFolders().takesOver()) {
      known.values().stream().filter(this::isLost).forEach(this::adopt);
    }
  }

  private void adopt(Message.DetachedGroup group) {
    var adopted = new OwnedGroup(group.group(), group.options(), group.job(), group.quota());
    adopted.named = !group.nodes().isEmpty(); // it is placed once its name is its own
    groups.owned().adopt(adopted, group.nodes().values());
  }
}
