package io.manta.actors.internal;

import io.manta.core.ActorDiedException.Reason;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The Pekko actor behind a user's actor: a child of its slot that starts it, ends it, and goes
/// when it goes. Calls do not pass through it; they are queued in the [ActorCell], whose threads
/// run them, so that a kill always gets through.
final class ActorShell {
  sealed interface Command {}

  /// Ends the actor now.
  record Kill(Reason reason, String why) implements Command {}

  private record Over() implements Command {}

  private ActorShell() {}

  static Behavior<Command> create(ActorCell cell) {
    return Behaviors.setup(
        context -> {
          ActorRef<Command> self = context.getSelf();
          cell.begin(() -> self.tell(new Over()));
          return Behaviors.receiveMessage(command -> receive(cell, command));
        });
  }

  private static Behavior<Command> receive(ActorCell cell, Command command) {
    return switch (command) {
      case Kill(Reason reason, String why) -> {
        cell.kill(reason, why);
        yield Behaviors.same();
      }
      case Over() -> Behaviors.stopped();
    };
  }
}
