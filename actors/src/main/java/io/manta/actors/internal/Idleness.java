package io.manta.actors.internal;

import io.manta.core.ObjectUsage;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Since when nothing is on this node. It is looked at once a second and when somebody asks; what
/// begins and ends in between says so.
final class Idleness {
  private final MantaRuntime runtime;
  private volatile boolean touched;

  /// Since when, while nothing is.
  private @Nullable Long sinceNanos;

  Idleness(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  /// Something begins here. Cheap where much does: the flag is mostly set.
  void touch() {
    if (!touched) {
      touched = true;
    }
  }

  /// For how long nothing has been here; empty while something is, and for a driver.
  synchronized Optional<Duration> idle() {
    look();
    return sinceNanos == null ? Optional.empty() : Optional.of(Pending.since(sinceNanos));
  }

  synchronized void look() {
    boolean begun = touched;
    touched = false;
    if (begun || runtime.isDriver() || isUsed()) {
      sinceNanos = null;
    } else if (sinceNanos == null) {
      sinceNanos = System.nanoTime();
    }
  }

  /// Whether something would be lost, or have to be done again, if the node ended.
  private boolean isUsed() {
    ObjectUsage objects = runtime.objects().usage();
    var ledger = runtime.admission().ledger();
    return !runtime.tasks().running().isEmpty()
        || runtime.actors().host().all().stream().anyMatch(ActorCell::isAlive)
        || !ledger.groups().isEmpty()
        || !ledger.available().equals(ledger.total())
        || !runtime.admission().waitingForRoom().isEmpty()
        || objects.lent() + objects.stored() > 0;
  }
}
