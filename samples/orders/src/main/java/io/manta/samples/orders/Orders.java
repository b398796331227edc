package io.manta.samples.orders;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import java.util.Optional;
import java.util.UUID;
import org.springframework.stereotype.Component;

/// The orders of the cluster: gives the actor of each.
@Component
class Orders {
  private final Manta manta;

  Orders(Manta manta) {
    this.manta = manta;
  }

  /// A new order.
  ActorHandle<OrderActor> create(UUID id) {
    return manta.actor(OrderActor::new).named(name(id)).create();
  }

  /// The order of that id, on whatever node it lives. Blocks for a message to another node and
  /// back.
  Optional<ActorHandle<OrderActor>> find(UUID id) {
    return manta.find(name(id), OrderActor.class);
  }

  private static String name(UUID id) {
    return "order-" + id;
  }
}
