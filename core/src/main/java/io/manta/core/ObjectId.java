package io.manta.core;

/// An object: the process that owns it and its number there.
public record ObjectId(NodeId owner, long number) {
  @Override
  public String toString() {
    return "object-" + Long.toString(number) + "@" + owner;
  }
}
