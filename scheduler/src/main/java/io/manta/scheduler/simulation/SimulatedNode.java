package io.manta.scheduler.simulation;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.Ledger;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A node: grants leases, runs what is sent under them.
final class SimulatedNode {
  /// A lease of this node, at both ends.
  static final class Lease {
    private final SimulatedNode node;
    private final SimulatedDriver holder;
    private final Shape shape;
    private final int slots;
    private final long since;
    private final ArrayDeque<SimulatedTask> waiting = new ArrayDeque<>();
    private int running;
    private boolean returned;
    private boolean recalled;

    /// At the holder's.
    int underWay;

    boolean refused;

    Lease(SimulatedNode node, SimulatedDriver holder, Shape shape, int slots, long since) {
      this.node = node;
      this.holder = holder;
      this.shape = shape;
      this.slots = slots;
      this.since = since;
    }

    SimulatedNode node() {
      return node;
    }

    Shape shape() {
      return shape;
    }

    int slots() {
      return slots;
    }

    boolean isIdle() {
      return running == 0 && waiting.isEmpty();
    }
  }

  private record Claimant(SimulatedDriver holder, Shape shape) {}

  private final class Claim implements AdmissionQueue.Work {
    private final Claimant claimant;
    private final Shape shape;
    private final long queued;
    private int slots;
    private long heard;

    Claim(Claimant claimant, int slots, long waitedNanos) {
      this.claimant = claimant;
      this.shape = claimant.shape.on(id);
      this.slots = slots;
      this.heard = simulation.now();
      this.queued = heard - waitedNanos;
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public boolean wanted() {
      return claims.get(claimant) == this && !isOver();
    }

    boolean isOver() {
      return slots == 0 || simulation.now() - heard > LeaseTimes.CLAIM.toNanos();
    }

    @Override
    public long queuedNanos() {
      return queued;
    }

    @Override
    public void start() {
      int granted = 1 + (claims.size() == 1 ? take(claimant.shape, slots - 1) : 0);
      slots = Math.max(0, slots - granted);
      if (slots > 0) {
        admission.requeue(this);
      } else {
        claims.remove(claimant);
      }
      grant(claimant, granted);
    }
  }

  /// How long a status is under way.
  private static final long TOLD_AFTER = Duration.ofNanos(500_000).toNanos();

  private final Simulation simulation;
  private final NodeId id;
  private final Ledger ledger;
  private final AdmissionQueue<Claim> admission;
  private final List<Lease> leases = new ArrayList<>();
  private final Map<Claimant, Claim> claims = new HashMap<>();
  private NodeView told;
  private NodeView toldBefore;
  private long toldAt;
  private boolean tells;
  private boolean looks;

  SimulatedNode(Simulation simulation, NodeId id, Resources offered) {
    this.simulation = simulation;
    this.id = id;
    this.ledger = new Ledger(offered);
    this.admission = new AdmissionQueue<>(id, Map.of(), ledger, shape -> true, simulation::now);
    this.told = new NodeView(id, offered, offered);
    this.toldBefore = told;
  }

  NodeId id() {
    return id;
  }

  Resources total() {
    return ledger.total();
  }

  boolean isFree() {
    return ledger.available().equals(ledger.total());
  }

  /// As others see it.
  NodeView seen() {
    return toldAt < simulation.now() ? told : toldBefore;
  }

  /// Others are told of what has changed, but not all the time.
  private void changed() {
    if (!tells) {
      tells = true;
      simulation.after(simulation.statusInterval(), this::tell);
    }
  }

  private void tell() {
    tells = false;
    if (!told.available().equals(ledger.available())) {
      simulation.stats().status();
      toldBefore = told;
      told = told.withAvailable(ledger.available());
      toldAt = simulation.now() + TOLD_AFTER;
    }
  }

  /// @param free slots of those that the router thinks are free
  void reserve(SimulatedDriver holder, Shape shape, int slots, int free, long waitedNanos) {
    var claimant = new Claimant(holder, shape);
    int now = take(shape, slots);
    simulation.stats().reserved(free, now);
    claim(claimant, slots - now, waitedNanos);
    if (now > 0) {
      grant(claimant, now);
    }
    if (now < slots) {
      lookAtLeases();
    }
  }

  private int take(Shape shape, int most) {
    int slots = 0;
    while (slots < most && admission.tryTake(shape)) {
      slots++;
    }
    return slots;
  }

  private void claim(Claimant claimant, int slots, long waitedNanos) {
    Claim claim = claims.get(claimant);
    if (claim != null && !claim.isOver()) {
      claim.slots = slots;
      claim.heard = simulation.now();
    } else if (slots > 0) {
      claim = new Claim(claimant, slots, waitedNanos);
      claims.put(claimant, claim);
      admission.submit(claim);
    }
  }

  private void grant(Claimant claimant, int slots) {
    var lease = new Lease(this, claimant.holder, claimant.shape, slots, simulation.now());
    leases.add(lease);
    changed();
    simulation.stats().granted();
    simulation.send(() -> claimant.holder.granted(lease));
  }

  /// Some may have to end, since others wait.
  private void lookAtLeases() {
    if (!looks) {
      looks = true;
      simulation.after(LeaseTimes.RECALL, this::recall);
    }
  }

  private void recall() {
    looks = false;
    claims.values().removeIf(Claim::isOver);
    for (Lease lease : leases) {
      if (!lease.recalled && mayEnd(lease) && isClaimedByOthers(lease)) {
        lease.recalled = true;
        simulation.send(() -> lease.holder.recalled(lease));
      }
    }
    admission.resourcesFreed();
    if (!claims.isEmpty()) {
      lookAtLeases();
    }
  }

  private boolean mayEnd(Lease lease) {
    var least = lease.isIdle() ? LeaseTimes.NEW : LeaseTimes.QUANTUM;
    return simulation.now() - lease.since > least.toNanos();
  }

  private boolean isClaimedByOthers(Lease lease) {
    var own = new Claimant(lease.holder, lease.shape);
    return claims.size() > 1 || (claims.size() == 1 && !claims.containsKey(own));
  }

  void run(Lease lease, SimulatedTask task) {
    lease.waiting.add(task);
    startWaiting(lease);
  }

  private void startWaiting(Lease lease) {
    while (lease.running < lease.slots && !lease.waiting.isEmpty()) {
      SimulatedTask task = lease.waiting.poll();
      lease.running++;
      simulation.stats().started(task, simulation.now());
      lease.holder.started(task);
      simulation.after(task.duration(), () -> ended(lease, task));
    }
  }

  private void ended(Lease lease, SimulatedTask task) {
    lease.running--;
    simulation.stats().ended(task);
    simulation.send(() -> lease.holder.done(lease, task));
    startWaiting(lease);
    endIfDone(lease);
  }

  void returned(Lease lease) {
    lease.returned = true;
    endIfDone(lease);
  }

  private void endIfDone(Lease lease) {
    if (lease.returned && lease.isIdle() && leases.remove(lease)) {
      admission.giveBack(lease.shape.job(), lease.shape.resources(), lease.slots);
      changed();
    }
  }
}
