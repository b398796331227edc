package io.manta.core;

/// An actor: the slot it was created in, so that calls need no lookup, the process that owns it and
/// its number there, below 0 for a detached one, which outlives that process. The id stays when the
/// actor restarts, also when it restarts in another slot.
public record ActorId(SlotId slot, NodeId owner, long number) {
  /// Whether it outlives the process that created it.
  public boolean detached() {
    return number < 0;
  }

  /// Of what tells most actors apart, since ids are looked up with each call.
  @Override
  public int hashCode() {
    return Long.hashCode(number) * 31 + Long.hashCode(owner.value());
  }

  @Override
  public String toString() {
    return "actor-" + number + "@" + owner;
  }
}
