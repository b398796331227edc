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

  /// Makes it known, so that calls queue in it, before its shell starts it.
  void add(ActorCell cell) {
    entries.put(cell.spec().id(), new Entry(cell, null));
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
      if (entry.shell == null) {
        entry.cell.kill(reason, why);
      } else {
        entry.shell.tell(new ActorShell.Kill(reason, why), ActorRef.noSender());
      }
    }
  }

  /// Ends all that fit, now.
  void killAll(Predicate<ActorCell> which, Reason reason, String why) {
    entries.values().stream()
        .filter(entry -> which.test(entry.cell))
        .forEach(entry -> kill(entry.cell.spec().id(), reason, why));
  }

  /// Stops all in order, each after the calls that it has; kills those that take longer.
  void stopAll(String why, Duration deadline) throws InterruptedException {
    entries.values().forEach(entry -> entry.cell.stop(Reason.RUNTIME_CLOSED, why));
    long end = System.nanoTime() + deadline.toNanos();
    while (!entries.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(5);
    }
    killAll(cell -> true, Reason.RUNTIME_CLOSED, why);
  }

  Collection<ActorCell> all() {
    return entries.values().stream().map(Entry::cell).toList();
  }
}
