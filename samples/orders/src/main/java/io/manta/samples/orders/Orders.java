package io.manta.samples.orders;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import java.util.UUID;
import org.springframework.stereotype.Component;

/// The orders of the cluster: gives the actor of each.
@Component
class Orders {
  private final Manta manta;

  Orders(Manta manta) {
    this.manta = manta;
  }

  /// The order of that id: the actor that lives on some node, or a new one in its place. Blocks for
  /// a message to another node and back.
  ActorHandle<OrderActor> of(UUID id) {
    return manta.actor(OrderActor::new).named("order-" + id).getIfExists().create();
  }
}
