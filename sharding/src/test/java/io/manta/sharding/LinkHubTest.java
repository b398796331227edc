package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.NodeId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two processes in one JVM.
@Timeout(30)
class LinkHubTest {
  private static final NodeId ONE = new NodeId(1);
  private static final NodeId OTHER = new NodeId(2);

  private final ClusterSystem one = start(ONE);
  private final ClusterSystem other = start(OTHER);
  private final Noting heard = new Noting();
  private final LinkHub hub = new LinkHub(one.system(), ONE, one.address(), heard);

  private static ClusterSystem start(NodeId id) {
    return ClusterSystem.start(id, Listening.at("127.0.0.1", 0), false, Optional.empty());
  }

  @AfterEach
  void close() {
    one.close();
    other.close();
  }

  private static final class Noting implements LinkListener {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void received(NodeId from, byte[] message) {
      events.add(from + " says " + new String(message, StandardCharsets.UTF_8));
    }

    @Override
    public void opened(NodeId peer, String address) {
      events.add(peer + " opened");
    }

    @Override
    public void speaks(String address, int version) {}

    @Override
    public void replaced(NodeId peer) {
      events.add(peer + " replaced");
    }

    @Override
    public void forgotten(NodeId peer) {
      events.add(peer + " has forgotten");
    }

    @Override
    public void silent(NodeId peer) {}

    void expect(String event) throws InterruptedException {
      assertThat(events.take()).isEqualTo(event);
    }
  }

  private static byte[] bytes(String message) {
    return message.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void shouldTellAProcessThatHasForgottenThisOneFromOneThatIsGone() throws Exception {
    var otherHeard = new Noting();
    var otherHub = new LinkHub(other.system(), OTHER, other.address(), otherHeard);
    hub.connect(OTHER, other.address());
    heard.expect(OTHER + " opened");
    otherHeard.expect(ONE + " opened");
    hub.send(OTHER, bytes("hello"));
    otherHeard.expect(ONE + " says hello");

    otherHub.forget(ONE);
    hub.send(OTHER, bytes("still there?"));

    heard.expect(OTHER + " has forgotten");
  }

  @Test
  void shouldTellThatAnotherProcessIsAtAnAddress() throws Exception {
    var later = new NodeId(3);
    new LinkHub(other.system(), later, other.address(), new Noting());
    hub.connect(OTHER, other.address());

    heard.expect(OTHER + " replaced");
    assertThat(List.copyOf(heard.events)).doesNotContain(later + " opened");
  }
}
