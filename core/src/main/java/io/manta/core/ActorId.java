package io.manta.core;

/// An actor: the slot it was created in, so that calls need no lookup, the process that owns it and
/// its number there. The id stays when the actor restarts, also when it restarts in another slot.
public record ActorId(SlotId slot, NodeId owner, long number) {
  @Override
  public String toString() {
    return "actor-" + number + "@" + owner;
  }
}
