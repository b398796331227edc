package io.manta.actors.internal;

import io.manta.core.ActorDiedException.Reason;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.UntypedAbstractActor;

/// The Pekko actor behind a user's actor: a child of its slot that starts it, ends it, and goes
/// when it goes. Calls do not pass through it; they are queued in the [ActorCell], whose threads
/// run them, so that a kill always gets through. A classic actor: there is one for each of the
/// user's, and a typed one weighs twice as much.
final class ActorShell extends UntypedAbstractActor {
  /// Ends the actor now.
  record Kill(Reason reason, String why) {}

  private record Over() {}

  private final ActorCell cell;

  private ActorShell(ActorCell cell) {
    this.cell = cell;
  }

  static Props props(ActorCell cell) {
    return Props.create(ActorShell.class, () -> new ActorShell(cell));
  }

  @Override
  public void preStart() {
    ActorRef self = getSelf();
    cell.begin(() -> self.tell(new Over(), ActorRef.noSender()));
  }

  @Override
  public void onReceive(Object message) {
    switch (message) {
      case Kill(Reason reason, String why) -> cell.kill(reason, why);
      case Over() -> getContext().stop(getSelf());
      default -> unhandled(message);
    }
  }
}
