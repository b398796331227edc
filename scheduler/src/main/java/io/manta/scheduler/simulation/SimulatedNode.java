package io.manta.scheduler.simulation;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.LeaseClaims;
import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.Ledger;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// A node: grants leases, runs what is sent under them.
final class SimulatedNode implements LeaseClaims.Granter {
  /// A lease of this node, at both ends.
  static final class Lease implements LeaseClaims.Lease {
    private final SimulatedNode node;
    private final LeaseClaims.Claimant claimant;
    private final SimulatedDriver holder;
    private final int slots;
    private final long since;
    private final ArrayDeque<SimulatedTask> waiting = new ArrayDeque<>();
    private int running;
    private boolean returned;
    private boolean recalled;

    /// At the holder's.
    int underWay;

    boolean refused;

    Lease(SimulatedNode node, LeaseClaims.Claimant claimant, int slots, long since) {
      this.node = node;
      this.claimant = claimant;
      this.holder = node.simulation.driver(claimant.holder());
      this.slots = slots;
      this.since = since;
    }

    SimulatedNode node() {
      return node;
    }

    Shape shape() {
      return claimant.shape();
    }

    int slots() {
      return slots;
    }

    @Override
    public LeaseClaims.Claimant claimant() {
      return claimant;
    }

    @Override
    public long grantedNanos() {
      return since;
    }

    @Override
    public boolean isIdle() {
      return running == 0 && waiting.isEmpty();
    }
  }

  /// How long a status is under way.
  private static final long TOLD_AFTER = Duration.ofNanos(500_000).toNanos();

  private final Simulation simulation;
  private final NodeId id;
  private final Ledger ledger;
  private final AdmissionQueue<AdmissionQueue.Work> admission;
  private final List<Lease> leases = new ArrayList<>();
  private final LeaseClaims claims;
  private NodeView told;
  private NodeView toldBefore;
  private long toldAt;
  private boolean tells;
  private boolean looks;

  SimulatedNode(Simulation simulation, NodeId id, Resources offered) {
    this.simulation = simulation;
    this.id = id;
    this.ledger = new Ledger(offered);
    this.admission = new AdmissionQueue<>(id, Map::of, ledger, shape -> true, simulation::now);
    this.claims = new LeaseClaims(id, admission, simulation::now, this);
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
  void reserve(LeaseRequest request, int slots, int free) {
    var claimant = new LeaseClaims.Claimant(request.holder(), request.shape());
    int granted = claims.ask(claimant, slots, request.waitedNanos());
    simulation.stats().reserved(free, granted);
    if (granted < slots) {
      lookAtLeases();
    }
  }

  @Override
  public boolean serves(NodeId holder) {
    return true;
  }

  @Override
  public int most(Shape shape) {
    return Integer.MAX_VALUE;
  }

  @Override
  public void grant(LeaseClaims.Claimant claimant, int slots) {
    var lease = new Lease(this, claimant, slots, simulation.now());
    leases.add(lease);
    changed();
    simulation.stats().granted();
    simulation.send(() -> lease.holder.granted(lease));
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
    Predicate<LeaseClaims.Lease> ending = claims.ending();
    for (Lease lease : leases) {
      if (!lease.recalled && ending.test(lease)) {
        lease.recalled = true;
        simulation.send(() -> lease.holder.recalled(lease));
      }
    }
    admission.resourcesFreed();
    if (!claims.isEmpty()) {
      lookAtLeases();
    }
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
      admission.giveBack(lease.shape().job(), lease.shape().resources(), lease.slots);
      changed();
    }
  }
}
