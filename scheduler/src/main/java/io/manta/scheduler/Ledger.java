package io.manta.scheduler;

import io.manta.core.Resources;
import java.util.concurrent.atomic.AtomicReference;

/// A node's own account of its resources. It alone admits: what others believe may be stale, but
/// never more is taken than is there. Each operation is atomic and does not block.
public final class Ledger {
  private final Resources total;
  private final AtomicReference<Resources> available;

  public Ledger(Resources total) {
    this.total = total;
    this.available = new AtomicReference<>(total);
  }

  public Resources total() {
    return total;
  }

  public Resources available() {
    return available.get();
  }

  /// Takes all of the amounts or none.
  public boolean tryTake(Resources amounts) {
    if (amounts.isEmpty()) {
      return true;
    }
    while (true) {
      Resources now = available.get();
      if (!now.cover(amounts)) {
        return false;
      }
      if (available.compareAndSet(now, now.minus(amounts))) {
        return true;
      }
    }
  }

  /// Gives back what was taken.
  public void giveBack(Resources amounts) {
    if (amounts.isEmpty()) {
      return;
    }
    Resources after = available.updateAndGet(now -> now.plus(amounts));
    if (!total.cover(after)) {
      throw new IllegalStateException(
          "gave back " + amounts + " that was not taken: " + after + " of " + total + " free");
    }
  }
}
