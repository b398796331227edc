package io.manta.core;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Where a task or an actor's call runs.
///
/// @param attempt 1 for the first
/// @param actor the actor whose call this is; empty in a task
/// @param gpus the ids of the node's gpus that it may use, from 0; a task with a part of one shares
///   it with others
/// @param workingFolder that of its [RuntimeEnvironment]; an isolated task's process is in it
public record TaskContext(
    TaskId task,
    int attempt,
    NodeId node,
    JobId job,
    String name,
    Optional<ActorId> actor,
    List<Integer> gpus,
    Optional<Path> workingFolder) {
  public TaskContext {
    gpus = List.copyOf(gpus);
  }
}
