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

  /// The order of that id: the actor that lives on some node, or a new one, which goes on from what
  /// is kept. Blocks for a message to another node and back.
  ///
  /// It ends with the instance that made it; whichever is asked next makes it again. So orders need
  /// not be detached, which is for few actors: every node knows all of these.
  ActorHandle<OrderActor> of(UUID id) {
    return manta
        .actor(() -> new OrderActor(id))
        .named("order-" + id)
        .maxRestarts(100)
        .getIfExists()
        .create();
  }
}
