package io.manta.actors.internal;

import io.manta.core.ActorDiedException.Reason;
import java.util.Objects;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorRefFactory;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.UntypedAbstractActor;
import org.jspecify.annotations.Nullable;

/// The Pekko actor behind a user's actor: a child of its slot that starts it, ends it, and goes
/// when it goes. Calls do not pass through it; they are queued in the [ActorCell], whose threads
/// run them, so that a kill always gets through. A classic actor: there is one for each of the
/// user's, and a typed one weighs twice as much.
final class ActorShell extends UntypedAbstractActor {
  /// Ends the actor now.
  record Kill(Reason reason, String why) {}

  private record Over() {}

  /// The same for all, since Pekko keeps what it found out about them.
  private static final Props PROPS = Props.create(ActorShell.class, ActorShell::new);

  private @Nullable ActorCell cell;

  private ActorShell() {}

  /// Starts an actor in the slot of this context, which stops only when its actors are dead.
  static ActorRef start(ActorCell cell, ActorRefFactory slot) {
    ActorRef shell = slot.actorOf(PROPS);
    shell.tell(cell, ActorRef.noSender()); // its first message
    return shell;
  }

  private void begin(ActorCell started) {
    cell = started;
    ActorRef self = getSelf();
    started.begin(() -> self.tell(new Over(), ActorRef.noSender()));
  }

  @Override
  public void onReceive(Object message) {
    switch (message) {
      case ActorCell started -> begin(started);
      case Kill(Reason reason, String why) -> Objects.requireNonNull(cell).kill(reason, why);
      case Over() -> getContext().stop(getSelf());
      default -> unhandled(message);
    }
  }
}
