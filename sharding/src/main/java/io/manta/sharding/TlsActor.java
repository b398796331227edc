package io.manta.sharding;

import io.manta.objects.security.HalfOpen;
import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.actor.ActorContext;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.InternalActorRef;
import org.apache.pekko.stream.impl.FanIn;
import scala.collection.immutable.List;

/// Pekko's TLS of one connection, an actor: how to know it, and how to end its connection. Pekko
/// has neither; `SecurityTest` notices when it changes.
record TlsActor(ActorRef actor) implements HalfOpen.Connection {
  private static final int TRANSPORT_IN = 0;

  /// The one that is being made on this thread: its constructor calls for the engine. By then what
  /// all actors have in common has put a null before the actor's own context.
  ///
  /// @throws IllegalStateException when there is none; then the connection is ended
  static TlsActor beingMade() {
    List<ActorContext> contexts = ActorCell.contextStack().get();
    if (contexts.size() < 2 || contexts.head() != null) {
      throw new IllegalStateException(
          "this version of Pekko makes its TLS in another way, so that connections would have no"
              + " time limit; use the one that Manta comes with");
    }
    return new TlsActor(contexts.apply(1).self());
  }

  @Override
  public boolean isGone() {
    return actor instanceof InternalActorRef known && known.isTerminated();
  }

  @Override
  public void refuse(String reason) {
    end(new RefusedException(reason));
  }

  /// Tells it that what comes in has failed.
  void end(RuntimeException reason) {
    actor.tell(new FanIn.OnError(TRANSPORT_IN, reason), ActorRef.noSender());
  }
}
