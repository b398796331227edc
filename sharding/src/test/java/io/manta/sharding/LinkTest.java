package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.core.NodeId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A link whose frames a test takes, and whose threads run when the test says so.
class LinkTest {
  private static ActorSystem system;

  private final List<Packet> sent = new CopyOnWriteArrayList<>();
  private final ArrayDeque<Runnable> due = new ArrayDeque<>();
  private final Link sender = new Link(new NodeId(1), new NodeId(2), due::add);
  private final Link receiver = new Link(new NodeId(2), new NodeId(1), due::add);
  private final List<byte[]> received = new ArrayList<>();

  /// Takes what a link sends, as the actor of the peer's hub would.
  private static final class Peer extends AbstractActor {
    private final List<Packet> packets;

    Peer(List<Packet> packets) {
      this.packets = packets;
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder().match(Packet.class, packets::add).build();
    }
  }

  @BeforeAll
  static void begin() {
    system = ActorSystem.create("links");
  }

  @AfterAll
  static void end() {
    system.terminate();
  }

  private ActorRef peer() {
    return system.actorOf(Props.create(Peer.class, () -> new Peer(sent)));
  }

  private void runDue() {
    Runnable next;
    while ((next = due.poll()) != null) {
      next.run();
    }
  }

  private List<Packet.Frame> frames(int count) {
    await().atMost(Duration.ofSeconds(10)).until(() -> sent.size() >= count);
    return sent.stream().map(Packet.Frame.class::cast).toList();
  }

  private static byte[] message(int number, int length) {
    return ByteBuffer.allocate(length).putInt(number).array();
  }

  private List<Integer> numbers() {
    return received.stream().map(bytes -> ByteBuffer.wrap(bytes).getInt()).toList();
  }

  private static List<Integer> upTo(int end) {
    return IntStream.range(0, end).boxed().toList();
  }

  private void deliver(List<Packet.Frame> frames) {
    for (Packet.Frame frame : frames) {
      receiver.receive(frame, received::add);
    }
  }

  @Test
  void shouldSendAtOnceWhenNothingIsUnderWay() {
    sender.opened(peer());
    sender.send(message(0, 100));
    assertThat(frames(1)).hasSize(1);
    assertThat(due).isEmpty();
  }

  @Test
  void shouldSendWhatQueuedMeanwhileInFullFrames() {
    sender.opened(peer());
    for (int i = 0; i < 1_000; i++) {
      sender.send(message(i, 300));
    }
    assertThat(due).hasSize(1);
    assertThat(frames(2)).hasSize(2);
    runDue();
    List<Packet.Frame> all = frames(4);
    assertThat(all).hasSize(4);
    deliver(all);
    assertThat(numbers()).isEqualTo(upTo(1_000));
  }

  @Test
  void shouldWaitForAcknowledgementsWhenTooManyBytesAreUnderWay() {
    int messages = 100;
    sender.opened(peer());
    for (int i = 0; i < messages; i++) {
      sender.send(message(i, 150 * 1024));
      runDue();
    }
    int most = frames(1).size();
    await().atMost(Duration.ofSeconds(10)).until(() -> sent.size() > Link.ACKNOWLEDGE_AT);
    assertThat(most).isLessThan(messages);
    while (numbers().size() < messages) {
      var now = frames(received.size() + 1);
      deliver(now.subList(received.size(), now.size()));
      sender.acknowledged(received.size());
    }
    assertThat(numbers()).isEqualTo(upTo(messages));
    assertThat(sender.isDrained()).isTrue();
  }

  @Test
  void shouldQueueUntilThePeerIsKnown() {
    sender.send(message(0, 10));
    sender.send(message(1, 10));
    runDue();
    assertThat(sent).isEmpty();
    sender.opened(peer());
    deliver(frames(1));
    assertThat(numbers()).isEqualTo(upTo(2));
  }

  @Test
  void shouldSendNothingMoreWhenClosed() {
    sender.opened(peer());
    for (int i = 0; i < 10; i++) {
      sender.send(message(i, 10));
    }
    frames(2);
    sender.close();
    runDue();
    sender.send(message(10, 10));
    assertThat(sent).hasSize(2);
    assertThat(sender.isDrained()).isTrue();
  }

  @Test
  void shouldDeliverAllOnceAndInOrderWhateverIsLost() {
    for (int seed = 0; seed < 20; seed++) {
      lossyStory(seed);
    }
  }

  /// Frames are lost at random and sent again; messages have all sizes up to several frames.
  private static void lossyStory(int seed) {
    var random = new Random(seed);
    var story = new LinkTest();
    story.sender.opened(story.peer());
    int messages = 200;
    int next = 0;
    int taken = 0;
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (story.received.size() < messages && System.nanoTime() < end) {
      switch (random.nextInt(4)) {
        case 0 -> {
          if (next < messages) {
            int length = random.nextInt(50) == 0 ? 500_000 : 4 + random.nextInt(20_000);
            story.sender.send(message(next++, length));
          }
        }
        case 1 -> story.runDue();
        case 2 -> {
          List<Packet> now = story.sent;
          if (taken < now.size()) {
            var frame = (Packet.Frame) now.get(taken++);
            if (random.nextInt(5) > 0) {
              story.receiver.receive(frame, story.received::add);
              story.sender.acknowledged(story.seen(random));
            }
          }
        }
        default -> {
          if (taken == story.sent.size()) {
            story.sender.resendAfter(0);
          }
        }
      }
    }
    assertThat(story.numbers()).as("seed %s", seed).isEqualTo(upTo(messages));
  }

  /// An acknowledgement of what came in order; one in three is lost.
  private long seen(Random random) {
    return random.nextInt(3) == 0 ? 0 : receiver.unacknowledgedToPeer();
  }
}
