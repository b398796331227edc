package io.manta.sharding;

import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.actor.ActorContext;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.stream.impl.FanIn;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.List;

/// Pekko's TLS of one connection, an actor: how to know it, and how to end its connection. Pekko
/// has neither; `SecurityTest` notices when it changes.
final class TlsActor {
  private static final int TRANSPORT_IN = 0;

  private TlsActor() {}

  /// The one that is being made on this thread: its constructor calls for the engine. By then what
  /// all actors have in common has put a null before the actor's own context.
  static @Nullable ActorRef beingMade() {
    List<ActorContext> contexts = ActorCell.contextStack().get();
    return contexts.size() < 2 || contexts.head() != null ? null : contexts.apply(1).self();
  }

  /// Tells it that what comes in has failed.
  static void end(ActorRef tls, RuntimeException reason) {
    tls.tell(new FanIn.OnError(TRANSPORT_IN, reason), ActorRef.noSender());
  }
}
