package io.manta.scheduler;

import io.manta.core.NodeId;

/// What a process asks a router for.
///
/// @param holder the process
/// @param slots 0 when none are needed any more
/// @param waitedNanos for how long the first of the work has waited
/// @param again whether it asked before and was granted nothing since
public record LeaseRequest(
    NodeId holder, Shape shape, int slots, long waitedNanos, boolean again) {}
