package io.manta.actors.internal;

import io.manta.sharding.EntityMessage;
import java.time.Duration;
import java.util.Arrays;
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

  private final Routing routing;

  private RouterActor(MantaRuntime runtime) {
    this.routing = new Routing(runtime);
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
                routing.route(request.wanted());
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
}
