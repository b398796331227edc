package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.NodeId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A link whose frames a test takes, and whose threads run when the test says so.
class LinkTest {
  private final List<Packet> sent = new ArrayList<>();
  private final ArrayDeque<Runnable> due = new ArrayDeque<>();
  private final Link sender = new Link(new NodeId(1), new NodeId(2), due::add);
  private final Link receiver = new Link(new NodeId(2), new NodeId(1), due::add);
  private final List<byte[]> received = new ArrayList<>();

  private void runDue() {
    Runnable next;
    while ((next = due.poll()) != null) {
      next.run();
    }
  }

  private List<Packet.Frame> frames() {
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
    sender.opened(sent::add);
    sender.send(message(0, 100));
    assertThat(sent).hasSize(1);
    assertThat(due).isEmpty();
  }

  @Test
  void shouldSendWhatQueuedMeanwhileInFullFrames() {
    sender.opened(sent::add);
    for (int i = 0; i < 1_000; i++) {
      sender.send(message(i, 300));
    }
    assertThat(due).hasSize(1);
    assertThat(sent).hasSize(2);
    runDue();
    assertThat(sent).hasSize(4);
    deliver(frames());
    assertThat(numbers()).isEqualTo(upTo(1_000));
  }

  @Test
  void shouldWaitForAcknowledgementsWhenTooManyBytesAreUnderWay() {
    int messages = 100;
    sender.opened(sent::add);
    for (int i = 0; i < messages; i++) {
      sender.send(message(i, 150 * 1024));
      runDue();
    }
    assertThat(sent)
        .hasSize(43); // 6.25 MiB in frames of a message, fewer than the window of frames
    for (int taken = 0; taken < sent.size(); taken++) {
      deliver(frames().subList(taken, taken + 1));
      if (receiver.unacknowledgedToPeer() % Link.ACKNOWLEDGE_AT == 0) {
        sender.acknowledged(receiver.unacknowledgedToPeer());
      }
    }
    sender.acknowledged(receiver.unacknowledgedToPeer());
    assertThat(numbers()).isEqualTo(upTo(messages));
    assertThat(sender.isDrained()).isTrue();
  }

  @Test
  void shouldWaitForAcknowledgementsWhenTooManyFramesAreUnderWay() {
    sender.opened(sent::add);
    for (int i = 0; i < 100; i++) {
      sender.send(message(i, 100));
      runDue();
    }
    assertThat(sent).hasSize(Link.WINDOW);
    deliver(frames());
    sender.acknowledged(receiver.unacknowledgedToPeer());
    assertThat(sent).hasSize(Link.WINDOW + 1); // with all that waited
    deliver(frames().subList(Link.WINDOW, Link.WINDOW + 1));
    assertThat(numbers()).isEqualTo(upTo(100));
  }

  @Test
  void shouldBurdenNoThreadThatCouldNotSend() {
    sender.send(message(0, 100));
    assertThat(due).isEmpty(); // nobody is known to send it to
    sender.opened(sent::add);
    boolean corked = receiver.cork();
    receiver.opened(sent::add);
    receiver.send(message(1, 100));
    assertThat(due).isEmpty(); // held back until the frame is handled
    receiver.uncork(corked);
    assertThat(sent).hasSize(2);
  }

  @Test
  void shouldSendAgainLessOftenWhenThatDoesNotHelp() {
    sender.opened(sent::add);
    sender.send(message(0, 100));
    sender.resendAfter(0);
    sender.resendAfter(Duration.ofDays(1).toNanos());
    assertThat(sent).hasSize(2);
    sender.acknowledged(1);
    sender.resendAfter(0);
    assertThat(sent).hasSize(2);
  }

  @Test
  void shouldQueueUntilThePeerIsKnown() {
    sender.send(message(0, 10));
    sender.send(message(1, 10));
    runDue();
    assertThat(sent).isEmpty();
    sender.opened(sent::add);
    deliver(frames());
    assertThat(numbers()).isEqualTo(upTo(2));
  }

  @Test
  void shouldSendNothingMoreWhenClosed() {
    sender.opened(sent::add);
    for (int i = 0; i < 10; i++) {
      sender.send(message(i, 10));
    }
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
    story.sender.opened(story.sent::add);
    int messages = 200;
    int next = 0;
    int taken = 0;
    for (int step = 0; step < 100_000 && story.received.size() < messages; step++) {
      switch (random.nextInt(4)) {
        case 0 -> {
          if (next < messages) {
            int length = random.nextInt(50) == 0 ? 500_000 : 4 + random.nextInt(20_000);
            story.sender.send(message(next++, length));
          }
        }
        case 1 -> story.runDue();
        case 2 -> {
          if (taken < story.sent.size()) {
            var frame = (Packet.Frame) story.sent.get(taken++);
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
