package io.manta.actors.internal;

import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.LeaseRouter;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.sharding.EntityMessage;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.ReceiveTimeout;
import org.apache.pekko.cluster.sharding.ShardRegion;

/// The router of one job and shape: a sharded entity that divides the slots asked for among the
/// nodes, by its view of their ledgers. The nodes admit or refuse, and grant what they admit to the
/// asker directly; who still lacks slots asks again. So it keeps nothing that its death could lose.
final class RouterActor extends AbstractActor {
  /// For so long nothing was asked: there may be a router for each placement group.
  private static final Duration UNUSED = Duration.ofMinutes(1);

  private final MantaRuntime runtime;
  private final LeaseRouter router = new LeaseRouter();

  private RouterActor(MantaRuntime runtime) {
    this.runtime = runtime;
    getContext().setReceiveTimeout(UNUSED);
  }

  static Props props(MantaRuntime runtime) {
    return Props.create(RouterActor.class, () -> new RouterActor(runtime));
  }

  static EntityMessage ask(Message.RequestLeases request) {
    return new EntityMessage(
        request.wanted().shape().job() + "|" + request.wanted().shape(), Wire.encode(request));
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(
            EntityMessage.class,
            message -> {
              if (Wire.decode(message.payload()) instanceof Message.RequestLeases request) {
                route(request.wanted());
              } else {
                unhandled(Arrays.toString(message.payload()));
              }
            })
        .match(
            ReceiveTimeout.class,
            _ ->
                getContext()
                    .getParent()
                    .tell(new ShardRegion.Passivate(PoisonPill.getInstance()), getSelf()))
        .build();
  }

  private void route(LeaseRequest request) {
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
