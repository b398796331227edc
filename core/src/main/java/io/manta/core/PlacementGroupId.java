package io.manta.core;

/// A placement group: the process that created it and its number there, below 0 for a detached one,
/// which outlives that process.
public record PlacementGroupId(NodeId owner, long number) {
  /// Whether it outlives the process that created it.
  public boolean detached() {
    return number < 0;
  }

  @Override
  public String toString() {
    return "group-" + number + "@" + owner;
  }
}
