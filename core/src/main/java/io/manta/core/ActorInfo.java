package io.manta.core;

import java.util.Optional;

/// What is known of an actor.
///
/// @param type the simple name of its class. Until it has started first, that which its constructor
///   gives by its source: of `Shop::new`, and of a lambda that gives a `Shop`, it is `Shop`; of one
///   that says no more than `RemoteActor`, the class that holds the lambda
/// @param owner the process that directs it
/// @param node where it lives, when it does
/// @param restarts how often it was started anew after it died with its node or process; a move is
///   no restart
/// @param pendingCalls calls that were made on it and are not over: that wait where they were made,
///   are on their way, or wait or run where it lives. Of the processes that answered, each of which
///   tells of 10,000 actors that it calls. Its own timers are none
/// @param death why it is dead
public record ActorInfo(
    ActorId id,
    Optional<String> name,
    String namespace,
    String type,
    State state,
    NodeId owner,
    Optional<NodeId> node,
    int restarts,
    int pendingCalls,
    Optional<String> death) {
  /// Where an actor is in its life.
  public enum State {
    /// It waits for its name, for refs that its constructor captured, or for a node with room.
    PENDING,
    ALIVE,
    /// It lived, and is being started anew.
    RESTARTING,
    /// For good. A process remembers its last 1,000.
    DEAD
  }

  /// The same with as many calls.
  public ActorInfo withPendingCalls(int calls) {
    return new ActorInfo(id, name, namespace, type, state, owner, node, restarts, calls, death);
  }
}
