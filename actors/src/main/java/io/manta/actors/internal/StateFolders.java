package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import io.manta.core.NodeId;
import io.manta.core.PendingWork;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The state folders in which records are kept, as a record each: of the node that has it, or had
/// it last. Who sees a node leave or die removes its record. So after all nodes were stopped, a
/// folder names those whose nodes lived when its own was stopped, and which may have newer records:
/// before they are there nothing is taken over that the records tell of.
///
/// A majority of the folders would not do. Processes that are seen to end are removed at once, so
/// the last node goes on alone, and changes what no other folder has.
final class StateFolders {
  private static final Logger LOG = LoggerFactory.getLogger(StateFolders.class);
  private static final Duration WARN_AFTER = Duration.ofSeconds(10);
  private static final Duration WARN_AGAIN = Duration.ofMinutes(5);

  private final MantaRuntime runtime;
  private final DetachedSpace records;

  /// By the ids of the folders.
  private volatile Map<String, Folder> known = Map.of();

  /// The nodes of which this one has merged what they had in their folders.
  private volatile Set<NodeId> merged = Set.of();

  private boolean merging;
  private long waitsNanos = System.nanoTime();
  private Duration warnAt = WARN_AFTER;

  /// @param run of the node that has it
  private record Folder(NodeId run, String address) {
    static Folder decode(byte[] record) {
      String[] words = new String(record, StandardCharsets.UTF_8).split(" ", 2);
      return new Folder(NodeId.parse(words[0]), words.length > 1 ? words[1] : "");
    }

    byte[] encode() {
      return (run + " " + address).getBytes(StandardCharsets.UTF_8);
    }
  }

  StateFolders(MantaRuntime runtime) {
    this.runtime = runtime;
    this.records = new DetachedSpace(runtime, ClusterRecords.STATE_FOLDERS, "state folders");
  }

  void begin() {
    if (!runtime.isDriver()) {
      records.begin(this::changed);
    }
  }

  void close() {
    records.close();
  }

  private void changed(Map<String, byte[]> all) {
    var next = new HashMap<String, Folder>();
    all.forEach((id, record) -> next.put(id, Folder.decode(record)));
    known = Map.copyOf(next);
    writeOwn();
    forgetGone();
  }

  private void writeOwn() {
    Optional<String> id = runtime.cluster().stateFolder();
    if (id.isPresent() && !isOwn(known.get(id.get()))) {
      var own = new Folder(runtime.id(), runtime.cluster().address().orElse(""));
      records.write(
          "state folder " + id.get(),
          space -> {
            if (!isOwn(folder(space, id.get()))) { // it may wait to be written more than once
              space.put(id.get(), own.encode());
            }
          });
    }
  }

  private static @Nullable Folder folder(ClusterRecords space, String id) {
    byte[] record = space.all().get(id);
    return record == null ? null : Folder.decode(record);
  }

  private boolean isOwn(@Nullable Folder folder) {
    return folder != null && folder.run.equals(runtime.id());
  }

  /// Another process died.
  void nodeDied() {
    forgetGone();
  }

  /// This node goes on without them, so that it needs nothing of them any more.
  private void forgetGone() {
    if (!isLowest()) {
      return;
    }
    known.forEach(
        (id, folder) -> {
          if (runtime.cluster().isGone(folder.run)) {
            records.write(
                "state folder " + id,
                space -> {
                  if (folder.equals(folder(space, id))) { // else its node has come back
                    space.remove(id);
                  }
                });
          }
        });
  }

  /// Whether of the living nodes this has the lowest id: then it does what one has to do.
  private boolean isLowest() {
    return !runtime.isDriver()
        && !runtime.isClosing()
        && runtime.cluster().members().stream()
            .allMatch(node -> node.value() >= runtime.id().value());
  }

  /// Whether this node takes over what nobody directs any more: it has the lowest id of the living
  /// ones, and all that may have newer records have told theirs.
  boolean takesOver() {
    return isLowest() && missing().isEmpty() && isMerged();
  }

  private boolean isMerged() {
    return merged.containsAll(runtime.cluster().members());
  }

  /// Those whose nodes have not come since all were stopped.
  private Collection<Folder> missing() {
    return known.values().stream()
        .filter(folder -> !runtime.cluster().isAlive(folder.run))
        .filter(folder -> !runtime.cluster().isGone(folder.run))
        .toList();
  }

  /// From time to time.
  ///
  /// @param waits whether there is something to take over
  void check(boolean waits) {
    if (isLowest() && !isMerged()) {
      merge();
    }
    if (!waits || !isLowest() || missing().isEmpty()) {
      waitsNanos = System.nanoTime();
      warnAt = WARN_AFTER;
    } else if (System.nanoTime() - waitsNanos > warnAt.toNanos()) {
      warnAt = warnAt.plus(WARN_AGAIN);
      warn();
    }
  }

  private synchronized void merge() {
    if (merging) {
      return;
    }
    merging = true;
    Set<NodeId> members = runtime.cluster().members();
    runtime
        .cluster()
        .readRecords()
        .whenComplete((isRead, failure) -> merged(failure == null && isRead, members));
  }

  private synchronized void merged(boolean isRead, Set<NodeId> members) {
    merging = false;
    if (isRead) {
      merged = members;
    }
  }

  private void warn() {
    LOG.warn("detached actors and placement groups wait: {}", why());
  }

  private String why() {
    return "nodes that lived when all were stopped may know more of them: %s. Start those with their state folders; one that is lost for good is given up by: bin/manta node forget ID"
        .formatted(
            known.entrySet().stream()
                .filter(entry -> missing().contains(entry.getValue()))
                .map(entry -> entry.getKey() + ", last at " + entry.getValue().address)
                .sorted()
                .collect(Collectors.joining("; ")));
  }

  /// What waits for them, in words; from one node of all.
  ///
  /// @param waits whether there is something to take over
  Optional<PendingWork> pending(boolean waits) {
    return waits && isLowest() && !missing().isEmpty()
        ? Optional.of(
            new PendingWork(
                "detached actors and placement groups",
                1,
                Pending.since(waitsNanos),
                why(),
                runtime.id()))
        : Optional.empty();
  }
}
