package io.manta.core;

import java.util.List;
import java.util.Optional;

/// How a task is placed and retried.
///
/// @param resources held while the task runs; 1 cpu by default
/// @param retries further attempts after a failure of the system, and after an exception that
///   `retryOn` names; 3 by default
/// @param retryOn exceptions of user code that are retried; none by default
/// @param name for people; the class that captured the closure when absent
/// @param node the only node that may run it; any when absent
public record TaskOptions(
    Resources resources,
    int retries,
    List<Class<? extends Throwable>> retryOn,
    Optional<String> name,
    Optional<NodeId> node) {
  private static final TaskOptions DEFAULTS =
      new TaskOptions(Resources.cpus(1), 3, List.of(), Optional.empty(), Optional.empty());

  public TaskOptions {
    retryOn = List.copyOf(retryOn);
    if (retries < 0) {
      throw new IllegalArgumentException("retries of " + retries + " must be 0 or more");
    }
  }

  public static TaskOptions defaults() {
    return DEFAULTS;
  }

  public TaskOptions withResources(Resources value) {
    return new TaskOptions(value, retries, retryOn, name, node);
  }

  public TaskOptions withRetries(int value) {
    return new TaskOptions(resources, value, retryOn, name, node);
  }

  public TaskOptions withRetryOn(List<Class<? extends Throwable>> value) {
    return new TaskOptions(resources, retries, value, name, node);
  }

  public TaskOptions withName(String value) {
    return new TaskOptions(resources, retries, retryOn, Optional.of(value), node);
  }

  public TaskOptions withNode(NodeId value) {
    return new TaskOptions(resources, retries, retryOn, name, Optional.of(value));
  }
}
