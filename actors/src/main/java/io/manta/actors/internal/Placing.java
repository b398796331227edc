package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Shape;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// An actor that waits for its resources on this node, then holds them while it lives.
final class Placing implements AdmissionQueue.Work, ActorCell.Listener {
  private static final int START_TRIES = 32;
  private static final long START_AGAIN_MILLIS = 500;

  private final MantaRuntime runtime;
  private final Actors actors;
  private final ActorHost host;
  private final ActorCell.Spec spec;
  private final SlotId slot;

  /// Who asked for it.
  private final NodeId owner;

  private final ActorCell cell;
  private final long queuedNanos = System.nanoTime();
  private boolean withdrawn;
  private volatile boolean taken;
  private Resources held = Resources.NONE;
  private Resources settled = Resources.NONE;
  private List<Integer> gpus = List.of();
  private boolean begins;
  private boolean over;

  Placing(MantaRuntime runtime, ActorCell.Spec spec, SlotId slot, NodeId owner) {
    this.runtime = runtime;
    this.actors = runtime.actors();
    this.host = actors.host();
    this.spec = spec;
    this.slot = slot;
    this.owner = owner;
    this.cell = new ActorCell(runtime, spec, this);
  }

  /// Of this node only: no lease may take it.
  @Override
  public Shape shape() {
    return asked().on(runtime.id());
  }

  /// What its user asked for.
  Shape asked() {
    return ActorPlacement.shape(spec.job(), spec.options(), spec.setting());
  }

  @Override
  public boolean wanted() {
    synchronized (this) {
      if (withdrawn || runtime.isClosed()) {
        return false;
      }
    }
    return (spec.id().detached() || !runtime.isOrphaned(spec.job(), owner))
        && (!owner.equals(runtime.id()) || actors.owned().contains(spec.id()));
  }

  boolean isTaken() {
    return taken;
  }

  /// Who directs it now.
  private NodeId director() {
    if (!spec.id().detached()) {
      return owner;
    }
    NodeId known = actors.director(spec.id());
    boolean isLost =
        runtime.cluster().isGone(known)
            || (!runtime.cluster().isAlive(known) && runtime.cluster().isAlive(owner));
    return isLost ? owner : known; // who asked took over from that one
  }

  @Override
  public long queuedNanos() {
    return queuedNanos;
  }

  void refuse() {
    synchronized (this) {
      if (taken) {
        return;
      }
      withdrawn = true;
    }
    runtime.cluster().send(director(), new Message.ActorRefused(spec.id(), spec.incarnation()));
  }

  @Override
  public void start() {
    synchronized (this) {
      taken = true;
      begins = true;
      actors.begins();
      held = spec.options().placement();
      if (withdrawn) {
        hold(Resources.NONE);
        return;
      }
    }
    useGpus();
    if (!host.add(cell)) {
      hold(Resources.NONE);
      tellOfOther();
      return;
    }
    if (!wanted()) {
      // Its owner or this node ended between the queue and here, and may have looked for its actors
      // already.
      host.kill(cell, Reason.OWNER_DIED, "its owner ended");
      return;
    }
    startInSlot(START_TRIES);
  }

  /// This incarnation, or a later one, is here already. Who asks may direct it only since that one
  /// began, and so not have heard of it.
  private void tellOfOther() {
    ActorCell other = host.find(spec.id());
    if (other == null) {
      runtime.cluster().send(owner, new Message.ActorRefused(spec.id(), spec.incarnation()));
    } else if (other.spec().incarnation() > spec.incarnation()) {
      return; // this start was late
    } else if (other.isAlive()) {
      runtime.cluster().send(owner, isStarted(other));
    } else {
      runtime.timer().schedule(this::tellOfOther, START_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void useGpus() {
    gpus = runtime.admission().ledger().gpus(spec.options().resources());
    cell.uses(gpus);
  }

  /// Sharding delivers at most once, and not while its coordinator moves: try again, and after that
  /// have the owner place the actor anew.
  private void startInSlot(int tries) {
    if (host.find(spec.id()) != cell) {
      hold(Resources.NONE); // it ended, or another took its place
      return;
    }
    if (host.hasShell(cell)) {
      return;
    }
    if (tries == 0) {
      host.remove(cell);
      hold(Resources.NONE);
      runtime.cluster().send(director(), new Message.ActorRefused(spec.id(), spec.incarnation()));
      return;
    }
    runtime.cluster().startInSlot(slot, cell);
    if (!runtime.cluster().isAlone()) {
      runtime
          .timer()
          .schedule(() -> startInSlot(tries - 1), START_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void started() {
    hold(spec.options().resources());
    runtime.cluster().send(director(), isStarted(cell));
  }

  @Override
  public void waits() {
    hold(spec.options().resources());
  }

  private Message isStarted(ActorCell started) {
    return new Message.ActorStarted(spec.id(), spec.incarnation(), started.type());
  }

  @Override
  public void moved(Optional<Payload> state) {
    gone();
    isOver(new Message.ActorMoved(spec.id(), spec.incarnation(), true, state));
  }

  private void gone() {
    synchronized (this) {
      over = true;
    }
    hold(Resources.NONE);
  }

  @Override
  public void ended(ActorDiedException reason) {
    gone();
    if (runtime.isClosed() && (spec.id().detached() || !owner.equals(runtime.id()))) {
      return; // for who directs it, it ends with this node, so it may restart elsewhere
    }
    if (!spec.id().detached() && isForgotten()) {
      return;
    }
    var result = Message.Result.of(reason);
    isOver(new Message.ActorEnded(spec.id(), spec.incarnation(), result));
  }

  /// Whether its owner ended it itself.
  private boolean isForgotten() {
    return owner.equals(runtime.id()) ? !actors.owned().contains(spec.id()) : cell.isDisowned();
  }

  private void isOver(Message told) {
    if (spec.id().detached()) {
      actors.detached().isOver(spec, told); // first, see there
    }
    runtime.cluster().send(director(), told);
  }

  /// Gives back what is held beyond the amounts, and keeps those while it lives.
  private void hold(Resources wanted) {
    AdmissionQueue<?> admission = runtime.admission();
    Resources before;
    synchronized (this) {
      if (over && !wanted.isEmpty()) {
        return; // killed while it started
      }
      before = held;
      held = wanted;
      admission.unsettle(spec.job(), settled);
      admission.settle(spec.job(), wanted);
      settled = wanted;
      if (begins) {
        begins = false;
        actors.hasBegun();
      }
      if (wanted.isEmpty()) {
        admission.ledger().unusedGpus(spec.options().resources(), gpus);
        gpus = List.of();
      }
    }
    if (!before.equals(wanted)) {
      admission.giveBack(spec.job(), before.minus(wanted));
    }
  }
}
