package io.manta.core;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How a task is placed, retried and bounded.
///
/// @param resources held while the task runs; 1 cpu by default
/// @param retries further attempts after a failure of the system, and after an exception that
///   `retryOn` names; 3 by default
/// @param retryOn exceptions of user code that are retried; none by default
/// @param backoff the wait before a retry after an exception of user code; none by default
/// @param timeout how long after it was submitted the task, with its waits and retries, is
///   cancelled; never when absent
/// @param name for people; the class that captured the closure when absent
/// @param scheduling the nodes that may run it, and which of them first; any node by default
/// @param buffer for a generator: how many values may wait to be consumed before it has to wait; 64
///   by default
/// @param isolation the process of its own that it runs in; the node's own JVM when absent
/// @param environment in addition to that of the job, or of the task that submits it
public record TaskOptions(
    Resources resources,
    int retries,
    List<Class<? extends Throwable>> retryOn,
    Backoff backoff,
    Optional<Duration> timeout,
    Optional<String> name,
    Scheduling scheduling,
    int buffer,
    Optional<Isolation> isolation,
    Optional<RuntimeEnvironment> environment) {
  private static final TaskOptions DEFAULTS =
      new TaskOptions(
          Resources.cpus(1),
          3,
          List.of(),
          Backoff.none(),
          Optional.empty(),
          Optional.empty(),
          Scheduling.defaults(),
          64,
          Optional.empty(),
          Optional.empty());

  public TaskOptions {
    retryOn = List.copyOf(retryOn);
    if (retries < 0) {
      throw new IllegalArgumentException("retries of " + retries + " must be 0 or more");
    }
    if (timeout.isPresent() && !timeout.get().isPositive()) {
      throw new IllegalArgumentException("a timeout of " + timeout.get() + " must be positive");
    }
    if (buffer < 1) {
      throw new IllegalArgumentException("a buffer of " + buffer + " must be 1 or more");
    }
  }

  public static TaskOptions defaults() {
    return DEFAULTS;
  }

  public TaskOptions withResources(Resources value) {
    return new TaskOptions(
        value,
        retries,
        retryOn,
        backoff,
        timeout,
        name,
        scheduling,
        buffer,
        isolation,
        environment);
  }

  public TaskOptions withRetries(int value) {
    return new TaskOptions(
        resources,
        value,
        retryOn,
        backoff,
        timeout,
        name,
        scheduling,
        buffer,
        isolation,
        environment);
  }

  public TaskOptions withRetryOn(List<Class<? extends Throwable>> value) {
    return new TaskOptions(
        resources,
        retries,
        value,
        backoff,
        timeout,
        name,
        scheduling,
        buffer,
        isolation,
        environment);
  }

  public TaskOptions withBackoff(Backoff value) {
    return new TaskOptions(
        resources,
        retries,
        retryOn,
        value,
        timeout,
        name,
        scheduling,
        buffer,
        isolation,
        environment);
  }

  public TaskOptions withTimeout(Duration value) {
    return new TaskOptions(
        resources,
        retries,
        retryOn,
        backoff,
        Optional.of(value),
        name,
        scheduling,
        buffer,
        isolation,
        environment);
  }

  public TaskOptions withName(String value) {
    return new TaskOptions(
        resources,
        retries,
        retryOn,
        backoff,
        timeout,
        Optional.of(value),
        scheduling,
        buffer,
        isolation,
        environment);
  }

  public TaskOptions withScheduling(Scheduling value) {
    return new TaskOptions(
        resources, retries, retryOn, backoff, timeout, name, value, buffer, isolation, environment);
  }

  public TaskOptions withBuffer(int value) {
    return new TaskOptions(
        resources,
        retries,
        retryOn,
        backoff,
        timeout,
        name,
        scheduling,
        value,
        isolation,
        environment);
  }

  public TaskOptions withIsolation(Isolation value) {
    return new TaskOptions(
        resources,
        retries,
        retryOn,
        backoff,
        timeout,
        name,
        scheduling,
        buffer,
        Optional.of(value),
        environment);
  }

  public TaskOptions withEnvironment(RuntimeEnvironment value) {
    return new TaskOptions(
        resources,
        retries,
        retryOn,
        backoff,
        timeout,
        name,
        scheduling,
        buffer,
        isolation,
        Optional.of(value));
  }
}
