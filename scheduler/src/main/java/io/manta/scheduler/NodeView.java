package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.Map;
import java.util.Optional;

/// A node as the scheduler sees it; `available` may be stale.
///
/// @param settled of what is not available, that which does not end by itself: actors hold it
/// @param labels what its operator says of it, by key
/// @param shortage why it starts one piece of work at a time, and only what finds no room on a node
///   without one: it is short of memory, in words
/// @param leaving whether it is about to end
/// @param cordoned whether nothing new is to start there
public record NodeView(
    NodeId id,
    Resources total,
    Resources available,
    Resources settled,
    Map<String, String> labels,
    Optional<String> shortage,
    boolean leaving,
    boolean cordoned) {
  public NodeView {
    labels = Map.copyOf(labels);
  }

  public NodeView(NodeId id, Resources total, Resources available) {
    this(id, total, available, Resources.NONE, Map.of(), Optional.empty(), false, false);
  }

  public NodeView withLabels(Map<String, String> value) {
    return new NodeView(id, total, available, settled, value, shortage, leaving, cordoned);
  }

  public NodeView withShortage(String why) {
    return new NodeView(id, total, available, settled, labels, Optional.of(why), leaving, cordoned);
  }

  public NodeView withCordoned(boolean value) {
    return new NodeView(id, total, available, settled, labels, shortage, leaving, value);
  }

  public NodeView withAvailable(Resources now) {
    return with(total, now);
  }

  public NodeView with(Resources all, Resources now) {
    return new NodeView(id, all, now, settled, labels, shortage, leaving, cordoned);
  }

  /// As it is once all that ends by itself has ended.
  public NodeView emptied() {
    return withAvailable(total.minus(settled));
  }

  /// Whether so much is there once all that ends by itself has ended.
  boolean canFree(Resources asked) {
    return total.cover(asked, settled);
  }
}
