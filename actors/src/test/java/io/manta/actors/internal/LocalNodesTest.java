package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LocalNodesTest {
  @TempDir private Path home;

  private Process process;

  @BeforeEach
  void startAProcess() throws IOException {
    process = new ProcessBuilder("sleep", "600").start();
  }

  @AfterEach
  void endIt() {
    process.destroyForcibly();
  }

  @Test
  void shouldFindTheOldestNode() throws IOException {
    ProcessHandle older = ProcessHandle.current(); // it started the other
    record("9999", process.toHandle(), Duration.ZERO);
    record("10000", older, Duration.ZERO);
    assertThat(LocalNodes.firstAddress(home)).contains("manta://127.0.0.1:10000");

    record("8888", older, Duration.ZERO);
    record("10000", process.toHandle(), Duration.ZERO);
    assertThat(LocalNodes.firstAddress(home)).contains("manta://127.0.0.1:8888");
  }

  @Test
  void shouldNotTakeAnotherProcessOfTheSamePidForTheNode() throws IOException {
    record("25520", process.toHandle(), Duration.ofHours(-1));
    assertThat(LocalNodes.firstAddress(home)).isEmpty();

    record("25521", process.toHandle(), Duration.ZERO);
    assertThat(LocalNodes.firstAddress(home)).contains("manta://127.0.0.1:25521");
  }

  @Test
  void shouldFindNothingInRecordsThatAreNotWhole() throws IOException {
    assertThat(LocalNodes.firstAddress(home)).isEmpty();

    Files.createDirectories(home.resolve("nodes/25520"));
    Files.writeString(
        home.resolve("nodes/25520/node.properties"), "pid=many\nstarted=2026-01-01T00:00:00Z\n");
    assertThat(LocalNodes.firstAddress(home)).isEmpty();
  }

  private void record(String port, ProcessHandle node, Duration off) throws IOException {
    Instant started = node.info().startInstant().orElseThrow().plus(off);
    Path folder = Files.createDirectories(home.resolve("nodes").resolve(port));
    Files.writeString(
        folder.resolve("node.properties"),
        "pid=%d\nstarted=%s\naddress=manta\\://127.0.0.1\\:%s\n"
            .formatted(node.pid(), started, port));
  }
}
