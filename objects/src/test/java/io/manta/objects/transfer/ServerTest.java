package io.manta.objects.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.objects.security.Refusals;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class ServerTest {
  private static final Refusals REFUSALS = new Refusals(LoggerFactory.getLogger(ServerTest.class));

  @Test
  void shouldAcceptAgainAfterThereWasNoThreadForAConnection() throws Exception {
    List<SocketChannel> begun = new CopyOnWriteArrayList<>();
    try (var channel = ServerSocketChannel.open()) {
      channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      Thread accepting =
          Thread.ofPlatform()
              .daemon()
              .start(
                  () ->
                      Server.acceptAll(
                          channel, accepted -> beginOrFail(begun, accepted), REFUSALS));
      try (SocketChannel _ = SocketChannel.open(channel.getLocalAddress());
          SocketChannel _ = SocketChannel.open(channel.getLocalAddress());
          SocketChannel _ = SocketChannel.open(channel.getLocalAddress())) {
        await().until(() -> begun.size() == 3);
      }
      channel.close();
      accepting.join();
      assertThat(accepting.isAlive()).isFalse();
    }
    for (SocketChannel one : begun) {
      one.close();
    }
  }

  private static void beginOrFail(List<SocketChannel> begun, SocketChannel accepted) {
    begun.add(accepted);
    switch (begun.size()) {
      case 1 -> throw new OutOfMemoryError("unable to create native thread");
      case 2 -> throw new IllegalStateException("whatever else");
      default -> {}
    }
  }
}
