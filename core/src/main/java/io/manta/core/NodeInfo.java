package io.manta.core;

import java.util.Map;
import java.util.Optional;

/// A node as another one sees it. `available` may be some tens of milliseconds old.
///
/// @param address `host:port` for programs and other nodes; `embedded` when it has no port
/// @param labels what its operator says of it, by key
/// @param shortage why it starts one task at a time: it is short of memory, in words
/// @param cordoned whether nothing new starts there, since an operator said so
public record NodeInfo(
    NodeId id,
    String address,
    Resources total,
    Resources available,
    ObjectUsage objects,
    Map<String, String> labels,
    Optional<String> shortage,
    boolean cordoned) {
  public NodeInfo {
    labels = Map.copyOf(labels);
  }
}
