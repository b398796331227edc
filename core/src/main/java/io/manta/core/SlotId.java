package io.manta.core;

/// A slot: one shard of actors, homed on the node that brought it. When that node dies the slot
/// moves to another node and keeps its id.
public record SlotId(NodeId home, int index) {
  /// Slots that each node brings.
  public static final int PER_NODE = 32;

  /// Reads what [#toString] wrote.
  public static SlotId parse(String text) {
    int slash = text.lastIndexOf('/');
    return new SlotId(
        NodeId.parse(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
  }

  @Override
  public String toString() {
    return home + "/" + index;
  }
}
