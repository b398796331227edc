package io.manta.core;

import java.util.Optional;

/// Where a task or an actor's call runs.
///
/// @param attempt 1 for the first
/// @param actor the actor whose call this is; empty in a task
public record TaskContext(
    TaskId task, int attempt, NodeId node, JobId job, String name, Optional<ActorId> actor) {}
