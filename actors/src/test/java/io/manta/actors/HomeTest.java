package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Where the nodes of a user have their folders.
@Timeout(30)
class HomeTest {
  @Test
  void shouldBeInTheHomeThatAShellWouldTake() {
    assertThat(MantaConfig.home(Map.of("HOME", "/somewhere")))
        .isEqualTo(Path.of("/somewhere/.manta"));
    assertThat(MantaConfig.home(Map.of()))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".manta"));
  }

  @Test
  void shouldBeWhereItWasNamed() {
    assertThat(MantaConfig.home(Map.of("HOME", "/somewhere", "MANTA_HOME", "/elsewhere")))
        .isEqualTo(Path.of("/elsewhere"));
  }
}
