package io.manta.core;

/// A node as another one sees it. `available` may be some tens of milliseconds old.
///
/// @param address `host:port` for programs and other nodes; `embedded` when it has no port
public record NodeInfo(
    NodeId id, String address, Resources total, Resources available, ObjectUsage objects) {}
