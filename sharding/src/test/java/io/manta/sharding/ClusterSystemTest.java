package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClusterSystemTest {
  private static void start(String host, int port) {
    ClusterSystem.start(NodeId.random(), Listening.at(host, port), true, Optional.empty()).close();
  }

  @Test
  void shouldTellATakenPortFromAHostOfAnotherMachine() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> start("127.0.0.1", port))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("port " + port + " of 127.0.0.1 is taken");
    }
    assertThatThrownBy(() -> start("192.0.2.1", 0)) // nobody has it: for documents
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("host 192.0.2.1 is no address of this machine");
  }

  @Test
  void shouldKnowLoopback() {
    assertThat(ClusterSystem.isLoopback("127.0.0.2")).isTrue();
    assertThat(ClusterSystem.isLoopback("localhost")).isTrue();
    assertThat(ClusterSystem.isLoopback("127.example.org")).isFalse();
    assertThat(ClusterSystem.isLoopback("10.0.0.5")).isFalse();
  }
}
