package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
  void shouldSayWhatToDoWhenThereIsNoCluster() {
    assertThatThrownBy(() -> Addresses.of(List.of(), Map.of(), home))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("start --head")
        .hasMessageContaining("--address")
        .hasMessageContaining("MANTA_ADDRESS");
  }
}
