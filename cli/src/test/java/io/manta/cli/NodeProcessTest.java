package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class NodeProcessTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path home;

  @Test
  void shouldShowTheErrorOfANodeThatDoesNotStart() {
    int port = Ports.free(1).getFirst();

    NodeProcess node = NodeProcess.attached(home, port, List.of("--head", "--cpus", "many"));

    assertThatThrownBy(() -> node.awaitUp(LIMIT))
        .isInstanceOf(CommandException.class)
        .hasMessage("the node did not start: cpus = 'many' in --cpus: not a number");
    assertThat(node.isAlive()).isFalse();
  }

  @Test
  void shouldShowTheEndOfTheLogWhenJavaItselfFails() {
    int port = Ports.free(1).getFirst();
    String before = System.getProperty("manta.jvm.options", "");
    NodeProcess node;
    try {
      System.setProperty("manta.jvm.options", "-XX:NoSuchOption");
      node = NodeProcess.attached(home, port, List.of("--head"));
    } finally {
      if (before.isEmpty()) {
        System.clearProperty("manta.jvm.options");
      } else {
        System.setProperty("manta.jvm.options", before);
      }
    }

    assertThatThrownBy(() -> node.awaitUp(LIMIT))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining("NoSuchOption")
        .hasMessageContaining(node.log().toString());
  }
}
