package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupRemovedException;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Ledger;
import io.manta.scheduler.QuotaShare;
import io.manta.scheduler.Reservation;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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

  private final ConcurrentHashMap<PlacementGroupId, Waiting> waiting = new ConcurrentHashMap<>();

  /// Who took groups over: what others asked for before may still be on its way.
  private final ConcurrentHashMap<PlacementGroupId, NodeId> directors = new ConcurrentHashMap<>();

  /// What bundles that are placed count for the quotas of their jobs.
  private final ConcurrentHashMap<PlacementGroupId, Counted> counted = new ConcurrentHashMap<>();

  /// @param from who places the group
  private record Prepared(Reservation reservation, NodeId from, int attempt, Counted counted) {}

  /// @param share of the quota of their job; empty when it has none
  private record Counted(Optional<QuotaShare> share, Resources amounts) {
    boolean take() {
      return share.map(quota -> quota.tryTake(amounts, false)).orElse(true);
    }

    /// As long as they are there, what waits for the quota does not get it.
    void keep() {
      share.ifPresent(quota -> quota.keep(amounts));
    }

    void giveBack() {
      share.ifPresent(quota -> quota.giveBack(amounts));
    }

    void end() {
      share.ifPresent(quota -> quota.keepNoMore(amounts));
      giveBack();
    }

    Counted plus(Counted more) {
      return new Counted(share, amounts.plus(more.amounts));
    }
  }

  private Counted counted(Shape shape) {
    return new Counted(Optional.ofNullable(runtime.quotas().shares().of(shape)), shape.resources());
  }

  /// @param deadline how long something is reserved that is not placed
  HostedBundles(MantaRuntime runtime, Duration deadline) {
    this.runtime = runtime;
    this.deadline = deadline;
  }

  private Ledger ledger() {
    return runtime.admission().ledger();
  }

  void prepare(NodeId from, Message.PrepareBundles message) {
    if (!directors.getOrDefault(message.names().group(), from).equals(from)) {
      return; // who does not place it any more
    }
    drop(message.names().group());
    boolean takesNone = runtime.isClosing() || runtime.state().isCordoned();
    Counted count = counted(asked(message));
    Optional<Reservation> reservation = takesNone ? Optional.empty() : reserve(message, count);
    if (reservation.isPresent()) {
      reserved(from, message, reservation.get(), count);
    } else if (message.turn().isPresent() && !takesNone) {
      enqueue(new Waiting(from, message, message.turn().get()));
    } else {
      answer(from, message.names().group(), message.attempt(), false);
    }
  }

  /// What a node is asked for, as one piece of work; of no job where it does not wait.
  private Shape asked(Message.PrepareBundles message) {
    Resources all = message.bundles().values().stream().reduce(Resources.NONE, Resources::plus);
    return message
        .turn()
        .map(turn -> new Shape(turn.job(), all, Scheduling.defaults(), turn.quota()))
        .orElseGet(() -> Shape.of(new JobId(message.names().group().owner()), all))
        .on(runtime.id());
  }

  private void reserved(
      NodeId from, Message.PrepareBundles message, Reservation reservation, Counted count) {
    count.keep();
    if (message.commits()) {
      place(reservation, count);
    } else {
      long more = message.turn().map(Message.BundleTurn::mostNanos).orElse(0L);
      keep(new Prepared(reservation, from, message.attempt(), count), deadline.plusNanos(more));
    }
    if (!runtime.cluster().isAlive(from)) {
      processGone(from); // since it was sent
      return;
    }
    answer(from, message.names().group(), message.attempt(), true);
    if (message.commits()) {
      lookAgain();
    }
  }

  private void place(Reservation reservation, Counted count) {
    if (count.share.isPresent()) {
      counted.merge(reservation.names().group(), count, Counted::plus);
    }
    ledger().add(reservation);
  }

  /// Bundles that wait for their turn, as one piece of work.
  private final class Waiting implements AdmissionQueue.Work {
    private final NodeId from;
    private final Message.PrepareBundles message;
    private final Shape shape;
    private final long queuedNanos;

    Waiting(NodeId from, Message.PrepareBundles message, Message.BundleTurn turn) {
      this.from = from;
      this.message = message;
      this.shape = asked(message);
      this.queuedNanos = System.nanoTime() - turn.waitedNanos();
    }

    PlacementGroupId group() {
      return message.names().group();
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public long queuedNanos() {
      return queuedNanos;
    }

    @Override
    public boolean wanted() {
      return waiting.get(group()) == this
          && !runtime.isClosing()
          && runtime.cluster().isAlive(from);
    }

    /// Each bundle takes its own of what was taken for all. Of gpus there may be none that has room
    /// for a whole bundle, though there is enough of them together.
    @Override
    public void start() {
      if (!waiting.remove(group(), this)) {
        runtime.admission().giveBack(shape.job(), shape.resources());
        return;
      }
      runtime.admission().giveUp(shape.job(), shape.resources());
      Counted count = counted(shape);
      Optional<Reservation> reservation = ledger().reserve(message.names(), message.bundles());
      if (reservation.isPresent()) {
        reserved(from, message, reservation.get(), count);
      } else {
        count.giveBack();
        answer(from, group(), message.attempt(), false);
      }
    }
  }

  private void enqueue(Waiting bundles) {
    waiting.put(bundles.group(), bundles);
    long most = bundles.message.turn().map(Message.BundleTurn::mostNanos).orElse(0L);
    runtime
        .timer()
        .later(
            Duration.ofNanos(most),
            () -> {
              if (waiting.remove(bundles.group(), bundles)) {
                answer(bundles.from, bundles.group(), bundles.message.attempt(), false);
                runtime.admission().resourcesFreed(); // what was held for it
              }
            });
    runtime.admission().submit(bundles);
  }

  /// Slots of leases that are free give way.
  private Optional<Reservation> reserve(Message.PrepareBundles message, Counted count) {
    if (runtime.admission().hasReturning() || !count.take()) {
      return Optional.empty();
    }
    Optional<Reservation> now = ledger().reserve(message.names(), message.bundles());
    if (now.isPresent()) {
      return now;
    }
    runtime.reclaim();
    Optional<Reservation> then = ledger().reserve(message.names(), message.bundles());
    if (then.isEmpty()) {
      count.giveBack();
    }
    return then;
  }

  private void keep(Prepared reserved, Duration most) {
    prepared.put(reserved.reservation.names().group(), reserved);
    runtime.timer().later(most, () -> expire(reserved));
  }

  private void expire(Prepared reserved) {
    if (prepared.remove(reserved.reservation.names().group(), reserved)) {
      LOG.info(
          "placement group {}: what {} had reserved here and not placed in time is dropped",
          reserved.reservation.names().label(),
          reserved.from);
      cancel(reserved);
    }
  }

  private void cancel(Prepared reserved) {
    ledger().cancel(reserved.reservation);
    reserved.counted.end();
    runtime.admission().resourcesFreed();
  }

  private void drop(PlacementGroupId group) {
    waiting.remove(group);
    Prepared reserved = prepared.remove(group);
    if (reserved != null) {
      cancel(reserved);
    }
  }

  void commit(NodeId from, Message.CommitBundles message) {
    Prepared reserved = take(from, message.group(), message.attempt());
    if (reserved != null) {
      place(reserved.reservation, reserved.counted);
    }
    if (!runtime.cluster().isAlive(from)) {
      processGone(from); // since it was looked at
      return;
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
      waiting.computeIfPresent(
          group, (id, bundles) -> bundles.message.attempt() == message.attempt() ? null : bundles);
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
    directors.remove(group);
    boolean used = ledger().remove(group);
    Counted count = counted.remove(group);
    if (count != null) {
      count.end();
    }
    runtime.groups().told(group.owner(), Message.GroupTold.removed(group, why, false));
    if (used) {
      runtime.endGroup(group, new PlacementGroupRemovedException(why));
    }
    runtime.admission().resourcesFreed();
  }

  /// Which bundles of a group are placed here; what is only reserved is dropped.
  void ask(NodeId from, Message.AskBundles message) {
    directors.put(message.group(), from);
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
