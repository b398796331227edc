package io.manta.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NodeStopperTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir private Path home;
  private final List<Process> processes = new ArrayList<>();
  private final List<String> reports = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  private Process process(String script) throws IOException {
    Process process = new ProcessBuilder("sh", "-c", script).start();
    processes.add(process);
    // It is past its traps once it has said so.
    assertThat(process.inputReader().readLine()).isEqualTo("up");
    return process;
  }

  private Process polite() throws IOException {
    return process("echo up; exec sleep 300");
  }

  /// Ignores SIGTERM, also in the program that the shell becomes.
  private Process deaf() throws IOException {
    return process("trap '' TERM; echo up; exec sleep 300");
  }

  private NodeRecord record(int port, Process process, Instant started) throws IOException {
    NodeFolder folder = NodeFolder.of(home, port).create();
    Files.createDirectories(folder.state());
    Files.writeString(folder.state().resolve("peers"), "manta://127.0.0.1:1");
    var record =
        new NodeRecord(
            folder.recordFile(),
            process.pid(),
            started,
            "manta://127.0.0.1:" + port,
            "node-" + port,
            folder.state());
    record.write();
    return record;
  }

  private NodeRecord record(int port, Process process) throws IOException {
    return record(port, process, process.info().startInstant().orElseThrow());
  }

  private boolean stop(Duration patience) {
    return new NodeStopper(home, patience, reports::add).stopAll();
  }

  @Test
  void shouldSaySoWhenNothingRuns() {
    assertThat(stop(PATIENCE)).isTrue();
    assertThat(reports).containsExactly("No node of yours runs on this machine.");
  }

  @Test
  void shouldEndEveryNodeAndForgetIt() throws Exception {
    Process first = polite();
    Process second = polite();
    NodeRecord firstRecord = record(25520, first);
    NodeRecord secondRecord = record(25521, second);

    assertThat(stop(PATIENCE)).isTrue();

    assertThat(first.isAlive()).isFalse();
    assertThat(second.isAlive()).isFalse();
    assertThat(reports)
        .hasSize(2)
        .allMatch(line -> line.startsWith("Stopped node "))
        .anyMatch(line -> line.contains("manta://127.0.0.1:25520"))
        .anyMatch(line -> line.contains("process " + second.pid()));
    assertThat(NodeFolder.records(home)).isEmpty();
    assertThat(firstRecord.state().resolve("peers")).doesNotExist();
    assertThat(secondRecord.state().resolve("peers")).doesNotExist();
  }

  @Test
  void shouldKillANodeThatDoesNotLeaveInTime() throws Exception {
    Process deaf = deaf();
    record(25520, deaf);

    assertThat(stop(Duration.ofSeconds(1))).isTrue();

    assertThat(deaf.isAlive()).isFalse();
    assertThat(reports)
        .singleElement()
        .asString()
        .startsWith("Killed node node-25520")
        .endsWith("had not left after 1 s");
  }

  @Test
  void shouldKillAtOnceWhenForced() throws Exception {
    Process deaf = deaf();
    record(25520, deaf);

    assertThat(stop(Duration.ZERO)).isTrue();

    assertThat(deaf.isAlive()).isFalse();
    assertThat(reports).singleElement().asString().startsWith("Killed ");
  }

  @Test
  void shouldSpareAnotherProcessWithTheSamePid() throws Exception {
    Process stranger = polite();
    Instant earlier = stranger.info().startInstant().orElseThrow().minus(Duration.ofMinutes(5));
    NodeRecord record = record(25520, stranger, earlier);

    assertThat(stop(PATIENCE)).isTrue();

    assertThat(stranger.isAlive()).isTrue();
    assertThat(reports).containsExactly("No node of yours runs on this machine.");
    assertThat(NodeFolder.records(home)).isEmpty();
    // It did not end on purpose, so that it may still find its peers.
    assertThat(record.state().resolve("peers")).exists();
  }

  @Test
  void shouldDropTheRecordOfANodeThatDied() throws Exception {
    Process dead = polite();
    NodeRecord record = record(25520, dead);
    dead.destroyForcibly().waitFor();

    assertThat(record.process()).isEmpty();
    assertThat(stop(PATIENCE)).isTrue();

    assertThat(NodeFolder.records(home)).isEmpty();
  }

  @Test
  void shouldIgnoreARecordThatIsNotWhole() throws Exception {
    Path file = NodeFolder.of(home, 25520).create().recordFile();
    Files.writeString(file, "pid=12\n");

    assertThat(NodeFolder.records(home)).isEmpty();
    assertThat(stop(PATIENCE)).isTrue();
  }

  @Test
  void shouldPassOverFilesAmongTheFoldersOfNodes() throws Exception {
    NodeRecord record = record(25520, polite());
    Files.writeString(home.resolve("nodes/.DS_Store"), "a file manager's");

    assertThat(NodeFolder.records(home)).containsExactly(record);
  }

  @Test
  void shouldReadBackWhatWasWritten() throws Exception {
    NodeRecord record = record(25520, polite());

    assertThat(NodeFolder.records(home)).containsExactly(record);
    assertThat(record.process()).isPresent();
  }
}
