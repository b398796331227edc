package io.manta.testkit.graphs;

import io.manta.actors.RemoteActor;
import io.manta.core.ObjectRef;
import java.util.List;

/// An actor whose answers do not depend on what it was called for before, so that a restarted one
/// gives the same.
final class Adder extends RemoteActor {
  Piece add(Step step, List<ObjectRef<Piece>> inputs) {
    return Work.add(step, inputs);
  }
}
