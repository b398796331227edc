package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

  @Test
  void shouldShareTheSessionOfItsParentAndNotHearItsCtrlC() throws Exception {
    NodeProcess node =
        NodeProcess.attached(home, Ports.free(1).getFirst(), List.of("--head", "--cpus", "1"));
    try {
      node.awaitUp(LIMIT);
      String pid = Long.toString(node.pid());
      assertThat(session(pid)).isEqualTo(session("self"));

      assertThat(new ProcessBuilder("kill", "-INT", pid).start().waitFor()).isZero();

      var ended = ProcessHandle.of(node.pid()).orElseThrow().onExit();
      assertThatThrownBy(() -> ended.get(2, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
    } finally {
      node.kill();
    }
  }

  /// The sixth field of `stat`; the second, in parentheses, may contain spaces.
  private static String session(String process) throws IOException {
    String stat = Files.readString(Path.of("/proc", process, "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
  }
}
