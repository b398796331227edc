package io.manta.actors.internal;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// A slot: the parent of the user's actors that live in it. On a cluster it is a sharded entity.
final class SlotActor {
  sealed interface Command {}

  /// Start an actor in this slot. It was added to the host before.
  record Start(ActorCell cell) implements Command {}

  private SlotActor() {}

  static Behavior<Command> create(ActorHost host) {
    return Behaviors.setup(
        context ->
            Behaviors.receiveMessage(
                command ->
                    switch (command) {
                      case Start(ActorCell cell) -> {
                        host.started(cell, context.spawnAnonymous(ActorShell.create(cell)));
                        yield Behaviors.same();
                      }
                    }));
  }
}
