package io.manta.actors.internal;

import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.pekko.actor.ActorRef;
import org.jspecify.annotations.Nullable;

/// The actors that live on this node, by id.
final class ActorHost {
  private record Entry(ActorCell cell, @Nullable ActorRef shell) {}

  private final ConcurrentHashMap<ActorId, Entry> entries = new ConcurrentHashMap<>();
  private final Idleness idleness;

  ActorHost(Idleness idleness) {
    this.idleness = idleness;
  }

  /// Makes it known, so that calls queue in it, before its shell starts it. Ends an earlier
  /// incarnation that is here.
  ///
  /// @return false when this or a later one is here
  boolean add(ActorCell cell) {
    idleness.touch();
    int incarnation = cell.spec().incarnation();
    Entry before;
    synchronized (this) {
      before = entries.get(cell.spec().id());
      if (before != null && before.cell.spec().incarnation() >= incarnation) {
        return false;
      }
      entries.put(cell.spec().id(), new Entry(cell, null));
    }
    if (before != null) {
      kill(before, Reason.NODE_DIED, "incarnation " + incarnation + " took over");
    }
    return true;
  }

  void started(ActorCell cell, ActorRef shell) {
    entries.computeIfPresent(
        cell.spec().id(), (id, entry) -> entry.cell == cell ? new Entry(cell, shell) : entry);
  }

  boolean hasShell(ActorCell cell) {
    Entry entry = entries.get(cell.spec().id());
    return entry != null && entry.cell == cell && entry.shell != null;
  }

  void remove(ActorCell cell) {
    entries.computeIfPresent(cell.spec().id(), (id, entry) -> entry.cell == cell ? null : entry);
  }

  @Nullable ActorCell find(ActorId id) {
    Entry entry = entries.get(id);
    return entry == null ? null : entry.cell;
  }

  /// Ends an actor now. Has no effect when it does not live here.
  void kill(ActorId id, Reason reason, String why) {
    Entry entry = entries.get(id);
    if (entry != null) {
      kill(entry, reason, why);
    }
  }

  /// Ends this incarnation of an actor now. Has no effect when it does not live here.
  void kill(ActorCell cell, Reason reason, String why) {
    Entry entry = entries.get(cell.spec().id());
    if (entry != null && entry.cell == cell) {
      kill(entry, reason, why);
    }
  }

  private static void kill(Entry entry, Reason reason, String why) {
    if (entry.shell == null) {
      entry.cell.kill(reason, why);
    } else {
      entry.shell.tell(new ActorShell.Kill(reason, why), ActorRef.noSender());
    }
  }

  /// Ends all that fit, now.
  void killAll(Predicate<ActorCell> which, Reason reason, String why) {
    entries.values().stream()
        .filter(entry -> which.test(entry.cell))
        .forEach(entry -> kill(entry, reason, why));
  }

  /// Stops all in order, each after the calls that it has; kills those that take longer.
  void stopAll(String why, Duration deadline) throws InterruptedException {
    entries.values().forEach(entry -> entry.cell.stop(Reason.RUNTIME_CLOSED, why));
    long end = System.nanoTime() + deadline.toNanos();
    while (!entries.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    all().forEach(cell -> cell.kill(Reason.RUNTIME_CLOSED, why)); // before anything else ends them
  }

  Collection<ActorCell> all() {
    return entries.values().stream().map(Entry::cell).toList();
  }
}
