package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.MantaConfig;
import io.manta.core.DataSize;
import io.manta.testkit.FaultyNetwork.Place;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two places, at one of which a server gives back each byte it gets.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FaultyNetworkTest {
  private static final int SHORT_MILLIS = 200;
  private static final int LONG_MILLIS = 20_000;

  private final FaultyNetwork network = new FaultyNetwork();
  private final Place caller = network.add();
  private final Place echo = network.add();
  private ServerSocket server;

  @BeforeEach
  void listen() throws IOException {
    MantaConfig config = echo.configure(MantaConfig.defaults());
    server = new ServerSocket();
    server.bind(
        new InetSocketAddress(config.bindHost().orElseThrow(), config.bindPort().orElseThrow()));
    Thread.ofVirtual().start(this::acceptAll);
    echo.listen();
  }

  @AfterEach
  void close() throws IOException {
    network.close();
    server.close();
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> giveBack(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void giveBack(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The test has ended it.
    }
  }

  private Socket connect() throws IOException {
    String[] address = echo.address().substring("manta://".length()).split(":");
    String from = caller.configure(MantaConfig.defaults()).bindHost().orElseThrow();
    return new Socket(
        InetAddress.ofLiteral(address[0]),
        Integer.parseInt(address[1]),
        InetAddress.ofLiteral(from),
        0);
  }

  /// Sends one byte; what comes back within that time.
  private static int ask(Socket socket, int value, int millis) throws IOException {
    socket.setSoTimeout(millis);
    socket.getOutputStream().write(value);
    return socket.getInputStream().read();
  }

  private static void hearsNothing(Socket socket, int value) {
    assertThatThrownBy(() -> ask(socket, value, SHORT_MILLIS))
        .isInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void shouldPassWhatIsSentWhenThereIsNoFault() throws IOException {
    try (Socket socket = connect()) {
      assertThat(ask(socket, 7, LONG_MILLIS)).isEqualTo(7);
      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).as("the other side closes, too").isEqualTo(-1);
    }
  }

  @Test
  void shouldPassLaterBothWaysWhenThereIsADelay() throws IOException {
    try (Socket socket = connect()) {
      network.between(caller, echo, LinkFault.delay(Duration.ofMillis(150)));
      long began = System.nanoTime();
      assertThat(ask(socket, 7, LONG_MILLIS)).isEqualTo(7);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isGreaterThanOrEqualTo(Duration.ofMillis(300));
    }
  }

  @Test
  void shouldPassNoMoreThanItsBandwidth() throws IOException {
    try (Socket socket = connect()) {
      network.oneWay(caller, echo, LinkFault.bandwidth(new DataSize(1_000_000)));
      long began = System.nanoTime();
      var bytes = new byte[500_000];
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  socket.getOutputStream().write(bytes);
                } catch (IOException e) {
                  // Then too little is read.
                }
              });
      socket.setSoTimeout(LONG_MILLIS);
      assertThat(socket.getInputStream().readNBytes(bytes.length)).hasSize(bytes.length);
      assertThat(Duration.ofNanos(System.nanoTime() - began))
          .isGreaterThanOrEqualTo(Duration.ofMillis(450));
    }
  }

  @Test
  void shouldPassWhatWaitedWhenAStallIsOver() throws IOException {
    try (Socket socket = connect()) {
      network.around(echo, LinkFault.stall());
      hearsNothing(socket, 7);
      network.heal();
      assertThat(socket.getInputStream().read()).isEqualTo(7);
    }
  }

  @Test
  void shouldEndConnectionsThatLostBytesWhenACutIsHealed() throws IOException {
    try (Socket before = connect();
        Socket idle = connect()) {
      assertThat(ask(idle, 1, LONG_MILLIS)).isEqualTo(1);
      network.between(caller, echo, LinkFault.cut());
      hearsNothing(before, 7);
      try (Socket meanwhile = connect()) {
        hearsNothing(meanwhile, 8);
        network.heal();
        assertThatThrownBy(
                () -> {
                  if (meanwhile.getInputStream().read() < 0) {
                    throw new IOException("closed");
                  }
                })
            .isInstanceOf(IOException.class)
            .isNotInstanceOf(SocketTimeoutException.class);
      }
      assertThat(ask(idle, 2, LONG_MILLIS)).as("it lost nothing").isEqualTo(2);
      try (Socket after = connect()) {
        assertThat(ask(after, 9, LONG_MILLIS)).isEqualTo(9);
      }
    }
  }

  @Test
  void shouldLoseOnlyWhatGoesOneWayWhenOneWayIsCut() throws IOException {
    try (Socket socket = connect()) {
      assertThat(ask(socket, 1, LONG_MILLIS)).isEqualTo(1);
      network.oneWay(caller, echo, LinkFault.cut());
      hearsNothing(socket, 2);
      network.oneWay(caller, echo, LinkFault.none());
      network.oneWay(echo, caller, LinkFault.cut());
      try (Socket other = connect()) {
        hearsNothing(other, 3);
      }
    }
  }

  @Test
  void shouldLeaveOthersAloneWhenTwoAreCut() throws IOException {
    network.between(network.add(), echo, LinkFault.cut());
    try (Socket socket = connect()) {
      assertThat(ask(socket, 7, LONG_MILLIS)).isEqualTo(7);
    }
  }

  @Test
  void shouldRefuseConnectionsUntilItListensAgain() throws IOException {
    try (Socket before = connect()) {
      echo.refuse();
      assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
      before.setSoTimeout(LONG_MILLIS);
      assertThatThrownBy(() -> before.getInputStream().read()).isInstanceOf(IOException.class);
    }
    echo.listen();
    try (Socket after = connect()) {
      assertThat(ask(after, 7, LONG_MILLIS)).isEqualTo(7);
    }
  }
}
