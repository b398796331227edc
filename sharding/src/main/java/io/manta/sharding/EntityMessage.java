package io.manta.sharding;

/// A message to a sharded entity, a slot or a router. At most 100 KiB.
public record EntityMessage(String entity, byte[] payload) {}
