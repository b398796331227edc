package io.manta.core;

import java.time.Duration;

/// Work that waits for resources: tasks that ask for the same, an actor, or a placement group.
///
/// @param what it is and asks for, in words
/// @param count how many tasks; 1 of an actor or group
/// @param waited for how long the first of them has waited
/// @param why which node is closest and what it lacks, in words
/// @param process where it was submitted
public record PendingWork(String what, int count, Duration waited, String why, NodeId process) {}
