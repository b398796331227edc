package io.manta.actors.internal;

import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.LeaseRouter;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import java.util.Collection;

/// Asks nodes for leases of one shape, by this process's view of them.
///
/// Not for use by several threads.
final class Routing {
  private final MantaRuntime runtime;
  private final LeaseRouter router = new LeaseRouter();

  Routing(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  void route(LeaseRequest request) {
    Collection<NodeView> views =
        runtime.nodeViews().stream().filter(view -> !view.id().equals(request.holder())).toList();
    router.route(request, views).forEach(share -> reserve(request, share));
  }

  private void reserve(LeaseRequest request, Placement.Share share) {
    runtime
        .cluster()
        .send(
            share.node(),
            new Message.Reserve(
                request.holder(), request.shape(), share.count(), request.waitedNanos()));
  }
}
