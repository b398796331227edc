package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class NodeProcessTest {
  private static final int SIGHUP = 1;
  private static final int SIGINT = 2;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path home;

  @Test
  void shouldShowTheErrorOfANodeThatDoesNotStart() {
    int port = Ports.free(1).getFirst();

    NodeProcess node = NodeProcess.attached(home, port, List.of("--head", "--cpus", "many"));

    assertThatThrownBy(() -> node.awaitUp(LIMIT))
        .isInstanceOf(CommandException.class)
        .hasMessage("the node did not start: --cpus many: not a number");
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
  @EnabledOnOs(OS.LINUX)
  void shouldShareTheSessionOfItsParentAndNotHearItsCtrlC() throws Exception {
    assumeThat(ignores("self", SIGINT)).as("what starts the tests ignores Ctrl-C").isFalse();
    NodeProcess node =
        NodeProcess.attached(home, Ports.free(1).getFirst(), List.of("--head", "--cpus", "1"));
    try {
      node.awaitUp(LIMIT);
      String pid = Long.toString(node.pid());
      assertThat(session(pid)).isEqualTo(session("self"));

      assertThat(ignores(pid, SIGINT)).isTrue();
      assertThat(ignores(pid, SIGHUP)).isTrue();
    } finally {
      node.kill();
    }
  }

  /// The sixth field of `stat`; the second, in parentheses, may contain spaces.
  private static String session(String process) throws IOException {
    String stat = Files.readString(Path.of("/proc", process, "stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
  }

  private static boolean ignores(String process, int signal) throws IOException {
    String mask =
        Files.readAllLines(Path.of("/proc", process, "status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElseThrow();
    return (Long.parseUnsignedLong(mask, 16) >>> (signal - 1) & 1) == 1;
  }
}
