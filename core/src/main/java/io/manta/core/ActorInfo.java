package io.manta.core;

import java.util.Optional;

/// What is known of an actor.
///
/// @param type the simple name of its class or, before it was constructed, of the class that holds
///   its constructor's closure
/// @param owner the process that directs it
/// @param node where it lives, when it does
/// @param restarts how often it was started anew, or moved
/// @param pendingCalls calls that wait or run where it lives; 0 when it does not
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

  /// The same as its host sees it.
  public ActorInfo hostedAs(String hostedType, int calls) {
    return new ActorInfo(
        id, name, namespace, hostedType, state, owner, node, restarts, calls, death);
  }
}
