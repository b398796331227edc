package io.manta.core;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// How an actor is placed, restarted and called.
///
/// @param placement resources that must be free to start it; 1 cpu by default
/// @param resources held while it lives; none by default. Setting resources sets both.
/// @param name unique in its namespace; none by default
/// @param namespace of the name; the runtime's own by default
/// @param getIfExists whether creating it gives the living actor of that name, if there is one
/// @param lifetime when it ends by itself; with its job by default
/// @param maxRestarts starts after the first, when its node died; 0 by default
/// @param callRetries further attempts of a call whose actor died under it; 0, at most once, by
///   default
/// @param maxConcurrency calls that run at the same time; 1 by default. Calls in a concurrency
///   group do not count
/// @param concurrencyGroups for each group how many of its calls run at the same time; none by
///   default
/// @param maxPendingCalls calls of one process that wait or run before the next is refused with
///   [PendingCallsLimitExceededException]; 1,000,000 by default
/// @param scheduling the nodes that may host it, and which of them first; any node by default
/// @param isolation the process of its own that it lives in; its node's by default
/// @param startTimeout how long a start may take, from its classes to the end of `onStart` and
///   `onRestart`, before the actor is ended; without end when absent
public record ActorOptions(
    Resources placement,
    Resources resources,
    Optional<String> name,
    Optional<String> namespace,
    boolean getIfExists,
    Lifetime lifetime,
    int maxRestarts,
    int callRetries,
    int maxConcurrency,
    Map<String, Integer> concurrencyGroups,
    int maxPendingCalls,
    Scheduling scheduling,
    Optional<Isolation> isolation,
    Optional<Duration> startTimeout) {
  private static final ActorOptions DEFAULTS =
      new ActorOptions(
          Resources.cpus(1),
          Resources.NONE,
          Optional.empty(),
          Optional.empty(),
          false,
          Lifetime.JOB,
          0,
          0,
          1,
          Map.of(),
          1_000_000,
          Scheduling.defaults(),
          Optional.empty(),
          Optional.empty());

  public ActorOptions {
    atLeast("maxRestarts", maxRestarts, 0);
    atLeast("callRetries", callRetries, 0);
    atLeast("maxConcurrency", maxConcurrency, 1);
    atLeast("maxPendingCalls", maxPendingCalls, 1);
    startTimeout.ifPresent(ActorOptions::checkTimeout);
    name.ifPresent(text -> notBlank("the name of an actor", text));
    namespace.ifPresent(text -> notBlank("the namespace of an actor", text));
    concurrencyGroups = Map.copyOf(concurrencyGroups);
    concurrencyGroups.keySet().forEach(group -> notBlank("the name of a concurrency group", group));
    concurrencyGroups.forEach(
        (group, calls) -> atLeast("the limit of concurrency group '" + group + "'", calls, 1));
  }

  private static void notBlank(String what, String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException(
          "%s is '%s', which is blank; give it letters, or leave it out".formatted(what, text));
    }
  }

  private static void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          option + " of " + value + " must be " + least + " or more");
    }
  }

  private static void checkTimeout(Duration timeout) {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("startTimeout of " + timeout + " must be above 0");
    }
  }

  public static ActorOptions defaults() {
    return DEFAULTS;
  }

  /// Sets what is held while it lives, and so what must be free to start it.
  public ActorOptions withResources(Resources value) {
    return new ActorOptions(
        value,
        value,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  /// Sets what must be free to start it, whatever it holds then.
  public ActorOptions withPlacement(Resources value) {
    return new ActorOptions(
        value,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withName(String value) {
    return new ActorOptions(
        placement,
        resources,
        Optional.of(value),
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withNamespace(String value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        Optional.of(value),
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withGetIfExists(boolean value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        value,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withLifetime(Lifetime value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        value,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withMaxRestarts(int value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        value,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withCallRetries(int value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        value,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withMaxConcurrency(int value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        value,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withConcurrencyGroups(Map<String, Integer> value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        value,
        maxPendingCalls,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withMaxPendingCalls(int value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        value,
        scheduling,
        isolation,
        startTimeout);
  }

  public ActorOptions withScheduling(Scheduling value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        value,
        isolation,
        startTimeout);
  }

  public ActorOptions withIsolation(Isolation value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        Optional.of(value),
        startTimeout);
  }

  public ActorOptions withStartTimeout(Duration value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        namespace,
        getIfExists,
        lifetime,
        maxRestarts,
        callRetries,
        maxConcurrency,
        concurrencyGroups,
        maxPendingCalls,
        scheduling,
        isolation,
        Optional.of(value));
  }
}
