package io.manta.scheduler;

import io.manta.core.Resources;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/// A node's own account of its resources. It alone admits: what others believe may be stale, but
/// never more is taken than is there. Each operation is atomic and does not block.
public final class Ledger {
  private final Resources total;
  private final AtomicReference<Resources> available;
  private final Units gpus;

  public Ledger(Resources total) {
    this.total = total;
    this.available = new AtomicReference<>(total);
    this.gpus = new Units(total.units(Resources.GPU));
  }

  public Resources total() {
    return total;
  }

  public Resources available() {
    return available.get();
  }

  /// Takes all of the amounts or none. Parts of gpus are refused also where no single one has room
  /// for them.
  public boolean tryTake(Resources amounts) {
    return tryTake(amounts, Resources.NONE);
  }

  /// As [#tryTake(Resources)], but of each resource that is taken leaves so much.
  public boolean tryTake(Resources amounts, Resources left) {
    if (amounts.isEmpty()) {
      return true;
    }
    long gpu = amounts.units(Resources.GPU);
    if (gpu > 0 && !gpus.take(gpu)) {
      return false;
    }
    while (true) {
      Resources now = available.get();
      if (!now.cover(amounts, left)) {
        if (gpu > 0) {
          gpus.giveBack(gpu);
        }
        return false;
      }
      if (available.compareAndSet(now, now.minus(amounts))) {
        return true;
      }
    }
  }

  /// The ids of the gpus that were taken with these amounts, for whoever uses them now.
  public List<Integer> gpus(Resources taken) {
    long gpu = taken.units(Resources.GPU);
    return gpu == 0 ? List.of() : gpus.name(gpu);
  }

  /// Whoever asked for [#gpus] has done with them; the amounts stay taken.
  public void unusedGpus(Resources taken, List<Integer> ids) {
    if (!ids.isEmpty()) {
      gpus.unname(taken.units(Resources.GPU), ids);
    }
  }

  /// Gives back what was taken, in the amounts of one [#tryTake].
  public void giveBack(Resources amounts) {
    if (amounts.isEmpty()) {
      return;
    }
    long gpu = amounts.units(Resources.GPU);
    if (gpu > 0) {
      gpus.giveBack(gpu);
    }
    Resources after = available.updateAndGet(now -> now.plus(amounts));
    if (!total.cover(after)) {
      throw new IllegalStateException(
          "gave back " + amounts + " that was not taken: " + after + " of " + total + " free");
    }
  }
}
