package io.manta.core;

import java.time.Duration;

/// A node that nothing is on: no task, no actor, no bundle of a placement group, nothing reserved,
/// no value in its object store, and none that it owns and others may use.
///
/// @param idle for how long, to about a second
public record IdleNode(NodeId node, Duration idle) {}
