package io.manta.actors.internal;

import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.sharding.EntityMessage;
import java.util.Arrays;
import java.util.Collection;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.Props;

/// The router of one job and shape: a sharded entity that divides the slots asked for among the
/// nodes, by its view of their ledgers. The nodes admit or refuse, and grant what they admit to the
/// asker directly; who still lacks slots asks again. So it keeps nothing that its death could lose.
final class RouterActor extends AbstractActor {
  private final MantaRuntime runtime;

  private RouterActor(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  static Props props(MantaRuntime runtime) {
    return Props.create(RouterActor.class, () -> new RouterActor(runtime));
  }

  static EntityMessage ask(Message.RequestLeases request) {
    return new EntityMessage(request.job() + "|" + request.shape(), Wire.encode(request));
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(
            EntityMessage.class,
            message -> {
              if (Wire.decode(message.payload()) instanceof Message.RequestLeases request) {
                route(request);
              } else {
                unhandled(Arrays.toString(message.payload()));
              }
            })
        .build();
  }

  private void route(Message.RequestLeases request) {
    Collection<NodeView> views =
        runtime.nodeViews().stream().filter(view -> !view.id().equals(request.holder())).toList();
    var shares = Placement.divide(request.shape(), views, request.slots());
    for (Placement.Share share : shares) {
      runtime
          .cluster()
          .send(
              share.node(),
              new Message.Reserve(request.holder(), request.job(), request.shape(), share.count()));
    }
    int given = shares.stream().mapToInt(Placement.Share::count).sum();
    if (given < request.slots()) {
      // Whoever could run it is asked to recall leases of others that lasted long enough.
      views.stream()
          .filter(view -> view.total().cover(request.shape().resources()))
          .filter(view -> Placement.allows(request.shape(), view))
          .filter(view -> shares.stream().noneMatch(share -> share.node().equals(view.id())))
          .forEach(
              view ->
                  runtime
                      .cluster()
                      .send(
                          view.id(),
                          new Message.Reserve(
                              request.holder(), request.job(), request.shape(), 1)));
    }
  }
}
