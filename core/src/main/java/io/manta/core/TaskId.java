package io.manta.core;

/// A task: the process that submitted it and its number there. All attempts share it.
public record TaskId(NodeId owner, long number) {
  @Override
  public String toString() {
    return "task-" + Long.toString(number) + "@" + owner;
  }
}
