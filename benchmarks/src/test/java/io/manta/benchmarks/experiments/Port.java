package io.manta.benchmarks.experiments;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorCell;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import scala.runtime.BoxedUnit;

/// Where byte arrays come in, at `/user/port`. An empty one is a greeting: it is answered by
/// another and makes its sender the peer.
final class Port {
  static final String NAME = "port";

  private final CompletableFuture<ActorRef> peer = new CompletableFuture<>();
  private final CompletableFuture<ActorRef> self = new CompletableFuture<>();
  private volatile Consumer<byte[]> receiver = _ -> {};

  /// `onLane`: bytes are taken by Artery's own thread as soon as it has read them, not by an actor.
  Port(ActorSystem system, String dispatcher, boolean onLane) {
    system.actorOf(
        Props.create(Inbox.class, () -> new Inbox(onLane)).withDispatcher(dispatcher), NAME);
  }

  ActorRef self() {
    return self.join();
  }

  CompletableFuture<ActorRef> peer() {
    return peer;
  }

  void receiver(Consumer<byte[]> newReceiver) {
    receiver = newReceiver;
  }

  void greet(ActorRef other) {
    other.tell(new byte[0], self());
  }

  private void take(byte[] bytes, ActorRef sender) {
    if (bytes.length > 0) {
      receiver.accept(bytes);
    } else if (peer.complete(sender)) {
      greet(sender);
    }
  }

  private final class Inbox extends AbstractActor {
    Inbox(boolean onLane) {
      self.complete(onLane ? functionRef() : getSelf());
    }

    private ActorRef functionRef() {
      return ((ActorCell) getContext())
          .addFunctionRef(
              (sender, message) -> {
                take((byte[]) message, sender);
                return BoxedUnit.UNIT;
              },
              "lane");
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder().match(byte[].class, bytes -> take(bytes, getSender())).build();
    }
  }
}
