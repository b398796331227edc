package io.manta.actors.internal;

import io.manta.core.ActorId;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The clients of one process, one for each actor that it has to do with. One is dropped when no
/// handle has it, and it was not said to be kept.
final class ActorClients {
  private static final class Entry extends WeakReference<ActorClient> {
    private final ActorId id;

    Entry(ActorClient client, ReferenceQueue<ActorClient> unused) {
      super(client, unused);
      this.id = client.id();
    }
  }

  private final MantaRuntime runtime;
  private final ConcurrentHashMap<ActorId, Entry> entries = new ConcurrentHashMap<>();
  private final Set<ActorClient> kept = ConcurrentHashMap.newKeySet();
  private final ReferenceQueue<ActorClient> unused = new ReferenceQueue<>();

  ActorClients(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  ActorClient get(ActorId id) {
    ActorClient known = find(id);
    while (known == null) {
      dropUnused();
      var made = new ActorClient(runtime, id);
      Entry entry =
          entries.compute(
              id, (key, old) -> old != null && old.get() != null ? old : new Entry(made, unused));
      known = entry.get();
    }
    return known;
  }

  /// The client of an actor, if there is one.
  @Nullable ActorClient find(ActorId id) {
    Entry entry = entries.get(id);
    return entry == null ? null : entry.get();
  }

  List<ActorClient> all() {
    dropUnused();
    var clients = new ArrayList<ActorClient>();
    for (Entry entry : entries.values()) {
      ActorClient client = entry.get();
      if (client != null) {
        clients.add(client);
      }
    }
    return clients;
  }

  /// Keeps it though no handle may have it: calls are under way, or somebody waits for the death of
  /// its actor.
  void keep(ActorClient client) {
    kept.add(client);
  }

  /// Ends what [#keep] began.
  void release(ActorClient client) {
    kept.remove(client);
  }

  /// Handles that were used keep theirs.
  void remove(ActorId id) {
    entries.remove(id);
  }

  int size() {
    dropUnused();
    return entries.size();
  }

  private void dropUnused() {
    while (unused.poll() instanceof Entry entry) {
      entries.remove(entry.id, entry);
    }
  }
}
