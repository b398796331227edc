package io.manta.core;

import java.util.Optional;

/// How an actor is placed, restarted and called.
///
/// @param placement resources that must be free to start it; 1 cpu by default
/// @param resources held while it lives; none by default. Setting resources sets both.
/// @param name unique in the cluster; none by default
/// @param maxRestarts starts after the first, when its node died; 0 by default
/// @param callRetries further attempts of a call whose actor died under it; 0, at most once, by
///   default
/// @param maxConcurrency calls that run at the same time; 1 by default
/// @param maxPendingCalls calls of one process that wait or run before the next is refused with
///   [PendingCallsLimitExceededException]; 1,000,000 by default
/// @param node the only node that may host it; any when absent
public record ActorOptions(
    Resources placement,
    Resources resources,
    Optional<String> name,
    int maxRestarts,
    int callRetries,
    int maxConcurrency,
    int maxPendingCalls,
    Optional<NodeId> node) {
  private static final ActorOptions DEFAULTS =
      new ActorOptions(
          Resources.cpus(1),
          Resources.NONE,
          Optional.empty(),
          0,
          0,
          1,
          1_000_000,
          Optional.empty());

  public ActorOptions {
    atLeast("maxRestarts", maxRestarts, 0);
    atLeast("callRetries", callRetries, 0);
    atLeast("maxConcurrency", maxConcurrency, 1);
    atLeast("maxPendingCalls", maxPendingCalls, 1);
  }

  private static void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          option + " of " + value + " must be " + least + " or more");
    }
  }

  public static ActorOptions defaults() {
    return DEFAULTS;
  }

  /// Sets what is held while it lives, and so what must be free to start it.
  public ActorOptions withResources(Resources value) {
    return new ActorOptions(
        value, value, name, maxRestarts, callRetries, maxConcurrency, maxPendingCalls, node);
  }

  public ActorOptions withName(String value) {
    return new ActorOptions(
        placement,
        resources,
        Optional.of(value),
        maxRestarts,
        callRetries,
        maxConcurrency,
        maxPendingCalls,
        node);
  }

  public ActorOptions withMaxRestarts(int value) {
    return new ActorOptions(
        placement, resources, name, value, callRetries, maxConcurrency, maxPendingCalls, node);
  }

  public ActorOptions withCallRetries(int value) {
    return new ActorOptions(
        placement, resources, name, maxRestarts, value, maxConcurrency, maxPendingCalls, node);
  }

  public ActorOptions withMaxConcurrency(int value) {
    return new ActorOptions(
        placement, resources, name, maxRestarts, callRetries, value, maxPendingCalls, node);
  }

  public ActorOptions withMaxPendingCalls(int value) {
    return new ActorOptions(
        placement, resources, name, maxRestarts, callRetries, maxConcurrency, value, node);
  }

  public ActorOptions withNode(NodeId value) {
    return new ActorOptions(
        placement,
        resources,
        name,
        maxRestarts,
        callRetries,
        maxConcurrency,
        maxPendingCalls,
        Optional.of(value));
  }
}
