package io.manta.benchmarks.experiments;

import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.delivery.ConsumerController;
import org.apache.pekko.actor.typed.delivery.ProducerController;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Pekko's reliable delivery from actor to actor, one producer and one consumer per process. With
/// frames, all that has queued when the consumer asks for more is one message.
final class ReliableDelivery implements Wire {
  static final String CONSUMER = "consumer";
  private static final int MOST_WAITING = 10_000;

  private sealed interface Event {
    @SuppressWarnings("unchecked")
    Class<ProducerController.RequestNext<byte[]>> REQUEST_NEXT =
        (Class<ProducerController.RequestNext<byte[]>>)
            (Class<?>) ProducerController.RequestNext.class;

    record Queued() implements Event {}

    record Demand(ProducerController.RequestNext<byte[]> next) implements Event {}
  }

  private final ConcurrentLinkedQueue<byte[]> queue = new ConcurrentLinkedQueue<>();
  private final Frames.Packer packer = new Frames.Packer(queue);
  private final Semaphore room = new Semaphore(MOST_WAITING);
  private final boolean frames;
  private final ActorRef<Event> producer;
  private final ActorRef<ProducerController.Command<byte[]>> controller;

  ReliableDelivery(ActorSystem system, Consumer<byte[]> handler, boolean frames) {
    this.frames = frames;
    var unpacker = new Frames.Unpacker(handler);
    ActorRef<ConsumerController.Command<byte[]>> consumer =
        Adapter.spawn(system, ConsumerController.create(), CONSUMER);
    Adapter.spawn(
        system, consuming(consumer, frames ? unpacker::unpack : handler), "consuming-actor");
    controller =
        Adapter.spawn(
            system,
            ProducerController.create(byte[].class, "link-" + system.name(), Optional.empty()),
            "producer");
    producer = Adapter.spawn(system, producing(), "producing-actor");
  }

  /// Begins to send to this actor of the peer's, named [#CONSUMER].
  void connect(org.apache.pekko.actor.ActorRef consumer) {
    controller.tell(new ProducerController.RegisterConsumer<>(Adapter.toTyped(consumer)));
  }

  @Override
  public void send(byte[] message) {
    queue.add(message);
    producer.tell(new Event.Queued());
  }

  @Override
  public void sendWithin(byte[] message) {
    room.acquireUninterruptibly();
    send(message);
  }

  @Override
  public void receive(byte[] frame) {
    throw new IllegalStateException("reliable delivery has actors of its own");
  }

  private Behavior<Event> producing() {
    return Behaviors.setup(
        context -> {
          ActorRef<ProducerController.RequestNext<byte[]>> demands =
              context.messageAdapter(Event.REQUEST_NEXT, Event.Demand::new);
          controller.tell(new ProducerController.Start<>(demands));
          return producing(Optional.empty());
        });
  }

  private Behavior<Event> producing(Optional<ProducerController.RequestNext<byte[]>> demand) {
    return Behaviors.receiveMessage(
        event -> {
          var open = event instanceof Event.Demand(var next) ? Optional.of(next) : demand;
          if (open.isEmpty() || (frames ? packer.isEmpty() : queue.isEmpty())) {
            return open.equals(demand) ? Behaviors.same() : producing(open);
          }
          byte[] bytes = frames ? packer.pack(0, 0) : queue.remove();
          room.release(frames ? packer.taken() : 1);
          open.get().sendNextTo().tell(bytes);
          return producing(Optional.empty());
        });
  }

  private static Behavior<ConsumerController.Delivery<byte[]>> consuming(
      ActorRef<ConsumerController.Command<byte[]>> consumer, Consumer<byte[]> received) {
    return Behaviors.setup(
        context -> {
          consumer.tell(new ConsumerController.Start<>(context.getSelf()));
          return Behaviors.receiveMessage(
              delivery -> {
                received.accept(delivery.message());
                delivery.confirmTo().tell(ConsumerController.confirmed());
                return Behaviors.same();
              });
        });
  }
}
