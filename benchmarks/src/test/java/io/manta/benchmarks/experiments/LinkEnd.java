package io.manta.benchmarks.experiments;

import com.typesafe.config.ConfigFactory;
import io.manta.benchmarks.experiments.NodeLinks.Setting;
import io.manta.benchmarks.experiments.NodeLinks.Way;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.RootActorPath;

/// One process's end of a way to talk: the client's hands messages to whom it is told, the server's
/// echoes or counts them.
final class LinkEnd {
  static final byte ECHO = 0;
  static final byte COUNT = 1;
  static final byte REPORT = 2;
  static final String CLIENT = "client";

  private static final int CREDIT = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String BASE =
      """
      pekko {
        loglevel = ERROR
        log-dead-letters = off
        actor.provider = remote
        actor.allow-java-serialization = off
        remote.use-unsafe-remote-features-outside-cluster = on
        remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
      }
      """;

  private final ActorSystem system;
  private final Port port;
  private final Wire wire;
  private final AtomicLong counted = new AtomicLong();
  private volatile Consumer<byte[]> replies = _ -> {};

  LinkEnd(String name, Way way, Setting setting) {
    system =
        ActorSystem.create(
            name,
            ConfigFactory.parseString(setting.config() + BASE + reliableDelivery(way))
                .withFallback(ConfigFactory.load()));
    port = new Port(system, setting.dispatcher(), setting.onLane());
    wire = wire(way);
    port.receiver(wire::receive);
  }

  Wire wire() {
    return wire;
  }

  void replies(Consumer<byte[]> receiver) {
    replies = receiver;
  }

  /// Prints where it is and waits for its client.
  void serve() {
    System.out.println(((ExtendedActorSystem) system).provider().getDefaultAddress());
    connect(port.peer().join());
  }

  void greet(String server) throws Exception {
    port.greet(resolve(server + "/user/" + Port.NAME));
    connect(port.peer().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
  }

  /// Pekko's default is a window of 50 and no chunks.
  private static String reliableDelivery(Way way) {
    boolean changed = way.kind() == Way.Kind.RELIABLE && way.size() != 50;
    return changed
        ? """
        pekko.reliable-delivery {
          consumer-controller.flow-control-window = %d
          producer-controller.chunk-large-messages = 100 KiB
        }
        """
            .formatted(way.size())
        : "";
  }

  private Wire wire(Way way) {
    Consumer<byte[]> carrier = bytes -> port.peer().join().tell(bytes, port.self());
    return switch (way.kind()) {
      case TELL -> Wire.plain(carrier, this::handle);
      case BATCH -> new Batches(way.size(), carrier, this::handle);
      case LINK -> new LinkPrototype(carrier, this::handle, way.size(), CREDIT, 0);
      case LOSSY_LINK -> new LinkPrototype(carrier, this::handle, way.size(), CREDIT, 0.01);
      case RELIABLE -> new ReliableDelivery(system, this::handle, false);
      case RELIABLE_FRAMES -> new ReliableDelivery(system, this::handle, true);
    };
  }

  private void handle(byte[] message) {
    if (system.name().equals(CLIENT)) {
      replies.accept(message);
    } else if (message[0] == ECHO) {
      wire.send(message);
    } else if (message[0] == COUNT) {
      counted.incrementAndGet();
    } else {
      wire.send(ByteBuffer.allocate(Long.BYTES).putLong(counted.get()).array());
    }
  }

  /// The peer's consumer sits next to its port.
  private void connect(ActorRef peer) {
    if (wire instanceof ReliableDelivery reliable) {
      var user = RootActorPath.apply(peer.path().address(), "/").child("user");
      reliable.connect(resolve(user.child(ReliableDelivery.CONSUMER).toString()));
    }
  }

  private ActorRef resolve(String path) {
    return system.actorSelection(path).resolveOne(PATIENCE).toCompletableFuture().join();
  }
}
