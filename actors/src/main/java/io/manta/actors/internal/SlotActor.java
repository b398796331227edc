package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.NodeId;
import io.manta.core.SlotId;
import io.manta.sharding.EntityMessage;
import java.nio.ByteBuffer;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.SupervisorStrategy;

/// A slot: the parent of the user's actors that live in it. On a cluster it is a sharded entity, so
/// that sharding says where it is; an embedded node has its slots to itself.
final class SlotActor extends AbstractActor {
  private static final byte START = 1;
  private static final byte LOCATE = 2;

  private final MantaRuntime runtime;

  private SlotActor(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  static Props props(MantaRuntime runtime) {
    return Props.create(SlotActor.class, () -> new SlotActor(runtime));
  }

  /// Start an actor that was added to this node's [ActorHost] before.
  static EntityMessage startMessage(SlotId slot, ActorId actor) {
    ByteBuffer payload = ByteBuffer.allocate(29).put(START);
    payload.putLong(actor.slot().home().value()).putInt(actor.slot().index());
    payload.putLong(actor.owner().value()).putLong(actor.number());
    return new EntityMessage(slot.toString(), payload.array());
  }

  /// Tell a process where the slot is; it also brings the slot to life.
  static EntityMessage locate(SlotId slot, NodeId asker) {
    return new EntityMessage(
        slot.toString(), ByteBuffer.allocate(9).put(LOCATE).putLong(asker.value()).array());
  }

  /// A shell that fails is not restarted: it would start its actor a second time.
  @Override
  public SupervisorStrategy supervisorStrategy() {
    return SupervisorStrategy.stoppingStrategy();
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(ActorCell.class, this::start) // on an embedded node
        .match(EntityMessage.class, this::receive)
        .build();
  }

  private void start(ActorCell cell) {
    ActorHost host = runtime.actors().host();
    // A shell: this start was sent again although the first arrived.
    if (!host.hasShell(cell) && !cell.isDead()) {
      host.started(cell, ActorShell.start(cell, getContext()));
    }
  }

  private void receive(EntityMessage message) {
    ByteBuffer payload = ByteBuffer.wrap(message.payload());
    switch (payload.get()) {
      case START -> {
        var slot = new SlotId(new NodeId(payload.getLong()), payload.getInt());
        var actor = new ActorId(slot, new NodeId(payload.getLong()), payload.getLong());
        ActorCell cell = runtime.actors().hosted(actor);
        if (cell != null) { // else the slot is not where the actor is to be; its node notices
          start(cell);
        }
      }
      case LOCATE ->
          runtime
              .cluster()
              .send(
                  new NodeId(payload.getLong()),
                  new Message.SlotAt(SlotId.parse(message.entity()), runtime.id()));
      default -> unhandled(message);
    }
  }
}
