package io.manta.scheduler;

import io.manta.core.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/// The slots that processes ask a node for. What is free is granted at once; the rest takes its
/// turn with all that waits on the node, in one line with what others asked for, for as long as the
/// asker says every now and then that it still wants it. So that a turn comes, leases end that
/// lasted their time. Safe for use by many threads; grants are made outside its lock.
public final class LeaseClaims {
  private static final long QUANTUM_NANOS = LeaseTimes.QUANTUM.toNanos();
  private static final long CLAIM_NANOS = LeaseTimes.CLAIM.toNanos();
  private static final long NEW_NANOS = LeaseTimes.NEW.toNanos();

  /// A process that wants leases of a shape.
  public record Claimant(NodeId holder, Shape shape) {}

  /// A lease that this node granted.
  public interface Lease {
    Claimant claimant();

    long grantedNanos();

    /// Whether nothing runs or waits under it.
    boolean isIdle();
  }

  /// The node that grants.
  public interface Granter {
    /// Whether a process is still granted anything.
    boolean serves(NodeId holder);

    /// How many slots it may grant at once now, where its ledger has the resources.
    int most(Shape shape);

    /// Grants slots whose resources are taken from the ledger. Must not block.
    void grant(Claimant claimant, int slots);
  }

  private final class Claim implements AdmissionQueue.Work {
    private final Claimant claimant;
    private final Shape shape;
    private final long queuedNanos;
    private int slots;
    private long heardNanos;

    Claim(Claimant claimant, int slots, long waitedNanos) {
      this.claimant = claimant;
      this.shape = claimant.shape.on(here);
      this.slots = slots;
      this.heardNanos = clock.getAsLong();
      this.queuedNanos = heardNanos - waitedNanos;
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
    public int times() {
      synchronized (LeaseClaims.this) {
        return slots;
      }
    }

    @Override
    public boolean wanted() {
      synchronized (LeaseClaims.this) {
        return claims.get(claimant) == this && !isOver();
      }
    }

    private boolean isOver() {
      return slots == 0
          || clock.getAsLong() - heardNanos > CLAIM_NANOS
          || !granter.serves(claimant.holder);
    }

    @Override
    public void start() {
      int most;
      synchronized (LeaseClaims.this) {
        most = claims.size() == 1 ? slots : 1; // of several, each gets one in turn
      }
      int granted = 1 + take(claimant.shape, Math.min(most, granter.most(claimant.shape)) - 1);
      boolean again;
      synchronized (LeaseClaims.this) {
        slots = Math.max(0, slots - granted);
        again = slots > 0;
        if (!again) {
          claims.remove(claimant, this);
        }
      }
      if (again) {
        queue.requeue(this);
      }
      granter.grant(claimant, granted);
    }
  }

  private final NodeId here;
  private final AdmissionQueue<AdmissionQueue.Work> queue;
  private final LongSupplier clock;
  private final Granter granter;
  private final Map<Claimant, Claim> claims = new HashMap<>();

  /// @param here the node
  /// @param queue all that waits on it
  /// @param clock nanoseconds, as of [System#nanoTime]
  public LeaseClaims(
      NodeId here, AdmissionQueue<AdmissionQueue.Work> queue, LongSupplier clock, Granter granter) {
    this.here = here;
    this.queue = queue;
    this.clock = clock;
    this.granter = granter;
  }

  /// Asks for so many slots, in place of those that the claimant asked for before and was not
  /// granted.
  ///
  /// @param waitedNanos for how long what they are for has waited
  /// @return how many were granted at once
  public int ask(Claimant claimant, int slots, long waitedNanos) {
    int granted = take(claimant.shape, Math.min(slots, granter.most(claimant.shape)));
    claim(claimant, slots - granted, waitedNanos);
    if (granted > 0) {
      granter.grant(claimant, granted);
    }
    return granted;
  }

  /// Takes the resources of so many slots, or of as many as there are.
  private int take(Shape shape, int most) {
    int slots = 0;
    while (slots < most && !queue.hasReturning() && queue.tryTake(shape)) {
      slots++;
    }
    return slots;
  }

  private void claim(Claimant claimant, int slots, long waitedNanos) {
    Claim claim;
    synchronized (this) {
      claim = claims.get(claimant);
      if (claim != null && !claim.isOver()) {
        claim.slots = slots;
        claim.heardNanos = clock.getAsLong();
        return;
      }
      if (slots == 0) {
        return;
      }
      claim = new Claim(claimant, slots, waitedNanos);
      claims.put(claimant, claim);
    }
    queue.submit(claim);
  }

  /// Whether nobody claims anything.
  public synchronized boolean isEmpty() {
    claims.values().removeIf(Claim::isOver);
    return claims.isEmpty();
  }

  /// Which leases are to end now, since others wait that can begin once they have: those that do
  /// nothing or lasted long enough. Not one whose holder alone waits: it would only be granted
  /// again what it has. Those too that have a part of a quota which other processes wait for.
  public Predicate<Lease> ending() {
    long now = clock.getAsLong();
    List<Claim> all = current();
    List<Claim> room = all.stream().filter(claim -> queue.isToWaitHere(claim.shape)).toList();
    boolean othersWait =
        queue.hasReturning()
            || queue.waitingShapes().stream()
                .anyMatch(shape -> queue.isToWaitHere(shape) && isNotOnlyClaimed(shape, all));
    return lease ->
        mayEnd(lease, now)
            && (othersWait
                || queue.isOwed(lease.claimant().shape())
                || room.stream().anyMatch(claim -> !claim.claimant.equals(lease.claimant())));
  }

  private synchronized List<Claim> current() {
    claims.values().removeIf(Claim::isOver);
    return new ArrayList<>(claims.values());
  }

  /// Whether actors or tasks of this node wait, too.
  private boolean isNotOnlyClaimed(Shape waiting, List<Claim> all) {
    return queue.waiting(waiting)
        > all.stream().filter(claim -> claim.shape.equals(waiting)).count();
  }

  private static boolean mayEnd(Lease lease, long now) {
    return now - lease.grantedNanos() > (lease.isIdle() ? NEW_NANOS : QUANTUM_NANOS);
  }
}
