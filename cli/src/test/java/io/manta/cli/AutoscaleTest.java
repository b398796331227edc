package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.autoscaling.Autoscaler;
import io.manta.actors.autoscaling.AutoscalerConfig;
import io.manta.actors.autoscaling.NodeProvider.Instance;
import io.manta.actors.autoscaling.ScalingEvent;
import io.manta.actors.autoscaling.ScalingEvent.Kind;
import io.manta.cli.internal.NodeFolder;
import io.manta.core.NodeType;
import io.manta.core.ObjectRef;
import io.manta.core.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// An autoscaler with nodes that are processes, and a node in this process that has one cpu.
@Timeout(300)
class AutoscaleTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int LATE = 20;

  @TempDir private Path home;
  private final List<ScalingEvent> events = new CopyOnWriteArrayList<>();
  private volatile Consumer<ScalingEvent> meanwhile = event -> {};
  private Manta manta;
  private LocalNodeProvider provider;
  private Path runs;

  @BeforeEach
  void start() throws IOException {
    runs = Files.createDirectory(home.resolve("runs"));
    manta = Manta.start(MantaConfig.defaults().withCpus(1).withPort(0));
    provider = new LocalNodeProvider(List.of(manta.address().orElseThrow()), home);
  }

  @AfterEach
  void close() {
    provider.close();
    manta.close();
    assertThat(home.resolve("nodes")).as("nothing is left of the nodes").isEmptyDirectory();
  }

  private Autoscaler autoscaler() {
    var config =
        AutoscalerConfig.of(List.of(new NodeType("two", Resources.cpus(2), Map.of(), 0, 1)))
            .withInterval(Duration.ofMillis(200))
            .withPatience(Duration.ofMillis(200))
            .withIdleTimeout(Duration.ofSeconds(1))
            .withDrainTimeout(Duration.ofMillis(600));
    return Autoscaler.start(
        manta,
        provider,
        config,
        event -> {
          events.add(event);
          meanwhile.accept(event);
        });
  }

  /// A task for a node with two cpus, that says when it begins.
  private ObjectRef<Integer> submit(int number, boolean waits) {
    String folder = runs.toString();
    return manta.task(() -> run(folder, number, waits)).cpus(2).submit();
  }

  static int run(String folder, int number, boolean waits) throws Exception {
    Files.createFile(Path.of(folder, number + "-" + UUID.randomUUID()));
    while (waits && !Files.exists(Path.of(folder, "go"))) {
      Thread.sleep(10);
    }
    return number;
  }

  private List<String> runsOf(int number) {
    try (Stream<Path> files = Files.list(runs)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(number + "-"))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private List<Kind> kinds() {
    return events.stream().map(ScalingEvent::kind).toList();
  }

  @Test
  void shouldStartANodeForWorkAndGiveItBackWithoutKillingWhatBeginsAsItIsToLeave()
      throws Exception {
    // when it is to leave and not cordoned yet, work begins on it
    var late = new ArrayList<ObjectRef<Integer>>();
    meanwhile =
        event -> {
          if (event.kind() == Kind.DRAINS && late.isEmpty()) {
            late.add(submit(LATE, true));
            await().atMost(LIMIT).until(() -> runsOf(LATE).size() == 1);
          }
        };
    try (Autoscaler autoscaler = autoscaler()) {
      List<Integer> numbers = IntStream.range(0, LATE).boxed().toList();
      List<ObjectRef<Integer>> refs = numbers.stream().map(i -> submit(i, false)).toList();
      assertThat(manta.get(refs, LIMIT)).isEqualTo(numbers);

      await().atMost(LIMIT).until(() -> kinds().contains(Kind.KEEPS));
      assertThat(kinds()).containsExactly(Kind.STARTS, Kind.JOINED, Kind.DRAINS, Kind.KEEPS);
      Files.createFile(runs.resolve("go"));
      assertThat(late.getFirst().get(LIMIT)).isEqualTo(LATE);
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> {
                assertThat(provider.list()).as("%s", events).isEmpty();
                assertThat(manta.nodes()).hasSize(1);
              });
      assertThat(autoscaler.whenEnded().toCompletableFuture()).isNotDone();
    }
    assertThat(IntStream.rangeClosed(0, LATE)).allSatisfy(i -> assertThat(runsOf(i)).hasSize(1));
    assertThat(kinds()).doesNotContain(Kind.FAILED).containsOnlyOnce(Kind.STOPS);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void shouldKillANodeThatDoesNotLeaveAndTellOfOneThatDoesNotStart() throws Exception {
    try (var impatient = new LocalNodeProvider(provider(), home, Duration.ofMillis(200))) {
      Set<ProcessHandle> others = ProcessHandle.current().children().collect(Collectors.toSet());
      String stuck = impatient.start(new NodeType("two", Resources.cpus(2), Map.of(), 0, 1));
      ProcessHandle process =
          ProcessHandle.current()
              .children()
              .filter(child -> !others.contains(child))
              .findFirst()
              .orElseThrow();
      new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
      String wrong =
          impatient.start(new NodeType("odd", Resources.cpus(1), Map.of("a b", "c"), 0, 1));
      await()
          .atMost(LIMIT)
          .until(() -> impatient.list().stream().anyMatch(node -> node.failure().isPresent()));
      assertThat(impatient.list())
          .filteredOn(node -> node.failure().isPresent())
          .singleElement()
          .satisfies(
              node -> {
                assertThat(node.id()).isEqualTo(wrong);
                assertThat(node.failure().orElseThrow()).contains("a b");
              });
      impatient.stop(wrong);
      NodeFolder failed = NodeFolder.of(home, Integer.parseInt(wrong.split("-")[1]));
      assertThat(failed.log()).content().contains("a b");
      failed.delete();
      assertThat(impatient.list()).extracting(Instance::id).containsExactly(stuck);

      impatient.stop(stuck);
      await().atMost(LIMIT).until(() -> impatient.list().isEmpty());
      assertThat(process.isAlive()).isFalse();
    }
    assertThatThrownBy(() -> closed().start(new NodeType("two", Resources.cpus(2), Map.of(), 0, 1)))
        .hasMessageContaining("closed");
  }

  private List<String> provider() {
    return List.of(manta.address().orElseThrow());
  }

  private LocalNodeProvider closed() {
    var closed = new LocalNodeProvider(provider(), home);
    closed.close();
    return closed;
  }

  @Test
  void shouldRunUntilItIsAskedToEndAndEndWhatItStarted() throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("autoscale", "--address", manta.address().orElseThrow()));
    command.addAll(List.of("--min", "1", "--max", "2", "--cpus", "2"));
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("MANTA_"));
    builder.environment().put("MANTA_HOME", home.toString());
    Path out = home.resolve("out");
    Process autoscale =
        builder
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile())
            .start();
    try {
      await().atMost(LIMIT).untilAsserted(() -> assertThat(out).content().contains("joined: "));
      assertThat(out)
          .content()
          .containsPattern("\\d\\d:\\d\\d:\\d\\d watches manta://127.0.0.1:\\d+: 1 to 2 nodes of")
          .containsPattern("starts local-\\d+ of local: there are too few");
      List<ProcessHandle> nodes = autoscale.descendants().toList();
      assertThat(nodes).isNotEmpty();

      autoscale.destroy();

      assertThat(autoscale.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(nodes).noneMatch(ProcessHandle::isAlive);
      assertThat(out).content().contains("ends, and with it what it started: 1 nodes");
    } finally {
      autoscale.descendants().forEach(ProcessHandle::destroyForcibly);
      autoscale.destroyForcibly();
    }
  }
}
