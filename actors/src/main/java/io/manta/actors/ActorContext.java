package io.manta.actors;

import io.manta.core.ActorId;
import io.manta.core.NodeId;

/// What an actor knows of itself.
///
/// @param incarnation 1 for the first start, one more for each restart
public record ActorContext<A extends RemoteActor>(
    Manta manta, ActorHandle<A> self, ActorId id, NodeId node, int incarnation) {}
