package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AddressesTest {
  private static final Map<String, String> ENVIRONMENT =
      Map.of("MANTA_ADDRESS", "manta://127.0.0.1:2, manta://127.0.0.1:3");

  @TempDir private Path home;

  @Test
  void shouldPreferWhatIsGiven() {
    var given = List.of("manta://127.0.0.1:1");

    assertThat(Addresses.of(given, ENVIRONMENT, home)).isEqualTo(given);
  }

  @Test
  void shouldTakeTheEnvironmentWhenNothingIsGiven() {
    var named = List.of("manta://127.0.0.1:2", "manta://127.0.0.1:3");

    assertThat(Addresses.of(List.of(), ENVIRONMENT, home)).isEqualTo(named);
    assertThat(Addresses.of(List.of("auto"), ENVIRONMENT, home)).isEqualTo(named);
  }

  @Test
  void shouldTakeTheOldestNodeThatRuns() throws IOException {
    ProcessHandle older = ProcessHandle.current(); // it starts the other
    Process younger = new ProcessBuilder("sleep", "600").start();
    try {
      record(25519, younger.toHandle());
      record(25520, older);
      record(25521, younger.toHandle());

      assertThat(Addresses.of(List.of(), Map.of(), home))
          .containsExactly("manta://127.0.0.1:25520");
    } finally {
      younger.destroyForcibly();
    }
  }

  private void record(int port, ProcessHandle node) throws IOException {
    Path folder = Files.createDirectories(home.resolve("nodes").resolve(Integer.toString(port)));
    var lines =
        List.of(
            "pid=" + node.pid(),
            "started=" + node.info().startInstant().orElseThrow(),
            "address=manta://127.0.0.1:" + port,
            "id=node-1",
            "state=state");
    Files.write(folder.resolve("node.properties"), lines);
  }

  @Test
  void shouldSayWhatToDoWhenThereIsNoCluster() {
    assertThatThrownBy(() -> Addresses.of(List.of(), Map.of(), home))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("start --head")
        .hasMessageContaining("--address")
        .hasMessageContaining("MANTA_ADDRESS");
  }
}
