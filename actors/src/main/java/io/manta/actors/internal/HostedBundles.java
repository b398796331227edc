package io.manta.actors.internal;

import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.Resources;
import io.manta.scheduler.Ledger;
import io.manta.scheduler.Reservation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The bundles of placement groups on this node. What was reserved and is not placed within a while
/// is dropped: who asked for it may be gone, or think that this node is.
final class HostedBundles {
  private static final Logger LOG = LoggerFactory.getLogger(HostedBundles.class);

  private final MantaRuntime runtime;
  private final Duration deadline;
  private final ConcurrentHashMap<PlacementGroupId, Prepared> prepared = new ConcurrentHashMap<>();

  /// @param from who places the group
  private record Prepared(Reservation reservation, NodeId from, int attempt) {}

  /// @param deadline how long something is reserved that is not placed
  HostedBundles(MantaRuntime runtime, Duration deadline) {
    this.runtime = runtime;
    this.deadline = deadline;
  }

  private Ledger ledger() {
    return runtime.admission().ledger();
  }

  void prepare(NodeId from, Message.PrepareBundles message) {
    drop(message.names().group());
    Optional<Reservation> reservation = runtime.isClosing() ? Optional.empty() : reserve(message);
    if (reservation.isPresent() && message.commits()) {
      ledger().add(reservation.get());
    } else if (reservation.isPresent()) {
      keep(new Prepared(reservation.get(), from, message.attempt()));
    }
    if (!runtime.cluster().isAlive(from)) {
      processGone(from); // since it was sent
      return;
    }
    answer(from, message.names().group(), message.attempt(), reservation.isPresent());
    if (reservation.isPresent() && message.commits()) {
      lookAgain();
    }
  }

  /// Slots of leases that are free give way.
  private Optional<Reservation> reserve(Message.PrepareBundles message) {
    if (runtime.admission().hasReturning()) {
      return Optional.empty();
    }
    Optional<Reservation> now = ledger().reserve(message.names(), message.bundles());
    if (now.isPresent()) {
      return now;
    }
    runtime.reclaim();
    return ledger().reserve(message.names(), message.bundles());
  }

  private void keep(Prepared reserved) {
    prepared.put(reserved.reservation.names().group(), reserved);
    try {
      runtime.timer().schedule(() -> expire(reserved), deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("closing already", e);
    }
  }

  private void expire(Prepared reserved) {
    if (prepared.remove(reserved.reservation.names().group(), reserved)) {
      LOG.info(
          "placement group {}: what {} had reserved here and not placed for {} is dropped",
          reserved.reservation.names().label(),
          reserved.from,
          Durations.text(deadline));
      cancel(reserved);
    }
  }

  private void cancel(Prepared reserved) {
    ledger().cancel(reserved.reservation);
    runtime.admission().resourcesFreed();
  }

  private void drop(PlacementGroupId group) {
    Prepared reserved = prepared.remove(group);
    if (reserved != null) {
      cancel(reserved);
    }
  }

  void commit(NodeId from, Message.CommitBundles message) {
    Prepared reserved = take(from, message.group(), message.attempt());
    if (reserved != null) {
      ledger().add(reserved.reservation);
    }
    answer(from, message.group(), message.attempt(), reserved != null);
    if (reserved != null) {
      lookAgain();
    }
  }

  private @Nullable Prepared take(NodeId from, PlacementGroupId group, int attempt) {
    Prepared reserved = prepared.get(group);
    boolean fits = reserved != null && reserved.from.equals(from) && reserved.attempt == attempt;
    return fits && prepared.remove(group, reserved) ? reserved : null;
  }

  /// There are bundles that something may wait for.
  private void lookAgain() {
    runtime.admission().resourcesFreed();
    runtime.actors().owned().placement().placePending();
  }

  private void answer(NodeId to, PlacementGroupId group, int attempt, boolean done) {
    boolean self = to.equals(runtime.id()); // knows what it has
    Resources total = self ? Resources.NONE : ledger().total();
    Resources available = self ? Resources.NONE : ledger().available();
    runtime.cluster().send(to, new Message.BundlesAnswer(group, attempt, done, total, available));
  }

  void remove(NodeId from, Message.RemoveBundles message) {
    PlacementGroupId group = message.names().group();
    if (message.attempt() > 0) {
      Prepared reserved = take(from, group, message.attempt());
      if (reserved != null) {
        cancel(reserved);
      }
    } else {
      remove(group, message.why());
    }
    if (!from.equals(runtime.id())) {
      runtime
          .cluster()
          .send(from, new Message.BundlesRemoved(ledger().total(), ledger().available()));
    }
  }

  /// Ends what is in the bundles of a group, and frees them at once.
  private void remove(PlacementGroupId group, String why) {
    drop(group);
    runtime.groups().told(group.owner(), Message.GroupTold.removed(group, why, false));
    if (ledger().remove(group)) {
      runtime.endGroup(group, new PlacementGroupRemovedException(why));
    }
    runtime.admission().resourcesFreed();
  }

  /// Which bundles of a group are placed here; what is only reserved is dropped.
  void ask(NodeId from, Message.AskBundles message) {
    drop(message.group());
    runtime
        .cluster()
        .send(
            from,
            new Message.BundlesHeld(
                message.group(),
                message.attempt(),
                ledger().bundles(message.group()),
                runtime.groups().isRemoved(message.group())));
  }

  /// Another process is gone: its groups are removed, but for detached ones.
  void processGone(NodeId process) {
    for (Prepared reserved : List.copyOf(prepared.values())) {
      if (reserved.from.equals(process)) {
        drop(reserved.reservation.names().group());
      }
    }
    for (PlacementGroupId group : ledger().groups()) {
      if (group.owner().equals(process) && !group.detached()) {
        remove(group, group + " was removed, since " + process + ", which created it, is gone");
      }
    }
  }
}
