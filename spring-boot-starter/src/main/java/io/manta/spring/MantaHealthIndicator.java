package io.manta.spring;

import io.manta.actors.Manta;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/// Whether the runtime lives. Up: with the id and address of this process, and how many nodes the
/// cluster has. Down: when the runtime has ended, since its node was removed from the cluster or it
/// was closed, which only a restart of the application mends; and, for a driver, while no node can
/// be reached.
public final class MantaHealthIndicator extends AbstractHealthIndicator {
  private final Manta manta;

  public MantaHealthIndicator(Manta manta) {
    super("Manta's health could not be told");
    this.manta = manta;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    health.withDetail("id", manta.id().toString());
    if (manta.whenClosed().toCompletableFuture().isDone()) {
      health
          .down()
          .withDetail(
              "reason",
              "the runtime has ended: its node was removed from the cluster, or it was closed");
      return;
    }
    manta.address().ifPresent(address -> health.withDetail("address", address));
    int nodes = manta.nodes().size();
    health.withDetail("nodes", nodes);
    if (nodes == 0) {
      health.down().withDetail("reason", "no node of the cluster can be reached");
    } else {
      health.up();
    }
  }
}
