package io.manta.actors.internal;

import io.manta.core.InfeasibleException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupRemovedException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What a process knows of a placement group that it uses: what it was told last by who places it.
final class KnownGroup {
  private final PlacementGroupId id;

  /// Done when it was told first.
  private final CompletableFuture<Boolean> told = new CompletableFuture<>();

  /// Done while it is placed, and when it is removed.
  private CompletableFuture<Boolean> ready = new CompletableFuture<>();

  private Map<Integer, NodeId> nodes = Map.of();
  private String why = "who places it was not heard of yet";
  private @Nullable MantaException removal;

  /// Who said so, and in which version.
  private @Nullable NodeId director;

  private long version;
  private final long sinceNanos = System.nanoTime();

  /// Since when nobody is known who places it.
  private @Nullable Long goneSince;

  KnownGroup(PlacementGroupId id) {
    this.id = id;
  }

  PlacementGroupId id() {
    return id;
  }

  void told(NodeId from, Message.GroupTold message) {
    CompletableFuture<Boolean> placed;
    MantaException removed;
    synchronized (this) {
      boolean isOld = from.equals(director) && message.version() < version;
      if (removal != null || (isOld && message.state().isPresent())) {
        return;
      }
      director = from;
      goneSince = null;
      version = message.version();
      nodes = Map.copyOf(message.nodes());
      why = message.why();
      if (message.state().isEmpty()) {
        removal =
            message.infeasible()
                ? new InfeasibleException(why)
                : new PlacementGroupRemovedException(why);
      }
      boolean isPlaced =
          message.state().filter(PlacementGroupInfo.State.CREATED::equals).isPresent();
      if (!isPlaced && removal == null && ready.isDone()) {
        ready = new CompletableFuture<>();
      }
      placed = isPlaced || removal != null ? ready : new CompletableFuture<>();
      removed = removal;
    }
    if (removed != null) {
      placed.completeExceptionally(removed);
    } else {
      placed.complete(true);
    }
    told.complete(true);
  }

  CompletableFuture<Boolean> told() {
    return told;
  }

  synchronized CompletableFuture<Boolean> ready() {
    if (removal != null && !ready.isCompletedExceptionally()) {
      return CompletableFuture.failedFuture(removal);
    }
    return ready;
  }

  synchronized Map<Integer, NodeId> nodes() {
    return nodes;
  }

  synchronized String why() {
    return why;
  }

  /// Why it is removed; null while it is not.
  synchronized @Nullable MantaException removal() {
    return removal;
  }

  synchronized boolean isPlaced() {
    return ready.isDone() && removal == null;
  }

  /// For how long it is used.
  long ageNanos() {
    return System.nanoTime() - sinceNanos;
  }

  /// For how long it was asked for in vain, with this.
  synchronized long goneNanos() {
    long now = System.nanoTime();
    if (goneSince == null) {
      goneSince = now;
    }
    return now - goneSince;
  }

  /// Whether that process told of it last.
  synchronized boolean isToldBy(NodeId process) {
    return process.equals(director);
  }
}
