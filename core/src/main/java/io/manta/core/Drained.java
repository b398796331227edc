package io.manta.core;

/// What came of the draining of a node.
///
/// @param moved how many actors were moved to other nodes
/// @param tasks how many tasks still ran there at the end
/// @param actors how many actors were still there at the end: those that may not be moved, or for
///   which no other node has room
/// @param bundles how many placement groups still had bundles there
public record Drained(int moved, int tasks, int actors, int bundles) {
  /// Whether nothing is left there.
  public boolean isComplete() {
    return tasks == 0 && actors == 0 && bundles == 0;
  }
}
