package io.manta.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NodeFolderTest {
  @Test
  void shouldBeInTheHomeThatAShellWouldTake() {
    assertThat(NodeFolder.home(Map.of("HOME", "/somewhere")))
        .isEqualTo(Path.of("/somewhere/.manta"));
    assertThat(NodeFolder.home(Map.of()))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".manta"));
  }

  @Test
  void shouldBeWhereItWasNamed() {
    assertThat(NodeFolder.home(Map.of("HOME", "/somewhere", "MANTA_HOME", "/elsewhere")))
        .isEqualTo(Path.of("/elsewhere"));
  }
}
