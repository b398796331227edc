package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ObjectRef;
import io.manta.core.RuntimeEnvironment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Processes of isolated tasks, environments and logs, from a driver to nodes.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class IsolatedClusterTest {
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(1);
  private static final List<WeakReference<ClassLoader>> LOADERS = new CopyOnWriteArrayList<>();

  @Test
  void shouldEndItsProcessWithTheNodeAndRunElsewhere(@TempDir Path folder) throws IOException {
    String file = folder.resolve("pids").toString();
    try (var cluster = ProcessCluster.start(2, CONFIG);
        var driver = cluster.connect()) {
      ObjectRef<String> task =
          driver
              .task(
                  () -> {
                    Path pids = Path.of(file);
                    boolean first = !Files.exists(pids);
                    Files.writeString(
                        pids, Manta.context().node() + " " + ProcessHandle.current().pid());
                    while (first) {
                      Thread.onSpinWait();
                    }
                    return Manta.context().node().toString();
                  })
              .isolated()
              .submit();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> Files.exists(Path.of(file)) && Files.readString(Path.of(file)).contains(" "));
      String[] words = Files.readString(Path.of(file)).split(" ");
      long pid = Long.parseLong(words[1]);
      assertThat(ProcessHandle.of(pid)).isPresent();

      cluster.nodes().stream()
          .filter(node -> node.id().toString().equals(words[0]))
          .forEach(ProcessCluster.Node::kill);

      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> ProcessHandle.of(pid).map(process -> !process.isAlive()).orElse(true));
      assertThat(task.get(Duration.ofSeconds(60))).startsWith("node-").isNotEqualTo(words[0]);
    }
  }

  @Test
  void shouldSeeWhatTasksLogInOrderOnTheDriversConsole() throws IOException {
    PrintStream before = System.out;
    var console = new ByteArrayOutputStream();
    try (var cluster = ProcessCluster.start(1, CONFIG);
        var driver = cluster.connect()) {
      System.setOut(new PrintStream(console, true, StandardCharsets.UTF_8));
      driver
          .task(
              () -> {
                for (int i = 0; i < 2000; i++) {
                  Manta.logger().info("line {}", i);
                }
                Manta.logger().warn("the last");
              })
          .named("talker")
          .submit()
          .get();
      driver
          .task(
              () -> {
                Manta.logger().warn("from inside");
                System.out.println("printed inside");
              })
          .named("alone")
          .isolated()
          .submit()
          .get();
      await()
          .untilAsserted(
              () ->
                  assertThat(console.toString(StandardCharsets.UTF_8))
                      .contains("[alone " + cluster.node(0).id() + "] WARN from inside")
                      .contains("INFO printed inside"));
      System.setOut(before);

      Matcher lines =
          Pattern.compile("\\[talker (\\S+)] INFO line (\\d+)")
              .matcher(console.toString(StandardCharsets.UTF_8));
      List<Integer> seen = lines.results().map(r -> Integer.parseInt(r.group(2))).toList();
      assertThat(seen).hasSize(2000).isEqualTo(IntStream.range(0, 2000).boxed().toList());
      assertThat(Files.readString(cluster.node(0).log())).contains("[talker] the last");
    } finally {
      System.setOut(before);
    }
  }

  @Test
  void shouldSendJarsToNodesAndForgetThemWithTheirJob(@TempDir Path folder) throws Exception {
    Path jar = jar(folder);
    var environment = RuntimeEnvironment.empty().withJar(jar);
    try (var cluster = LocalCluster.start(1, CONFIG.withStateFolder(folder.resolve("state")))) {
      LOADERS.clear();
      for (int i = 0; i < 3; i++) {
        var config =
            CONFIG
                .withAddresses(List.of(cluster.node(0).address().orElseThrow()))
                .withEnvironment(environment);
        try (var driver = Manta.connect(config)) {
          assertThat(driver.submit(IsolatedClusterTest::value).get(Duration.ofSeconds(30)))
              .isEqualTo("42 of 600000 bytes");
          if (i == 0) {
            assertThat(
                    driver
                        .task(IsolatedClusterTest::value)
                        .isolated()
                        .submit()
                        .get(Duration.ofSeconds(60)))
                .isEqualTo("42 of 600000 bytes");
          }
        }
      }
      assertThat(folder.resolve("state").resolve("jars").toFile().list()).hasSize(1);
      assertThat(LOADERS).hasSize(3);
      Eventually.afterCollections(
          () -> assertThat(LOADERS).allMatch(loader -> loader.get() == null));
    }
  }

  private static final AtomicInteger STARTED = new AtomicInteger();

  public static class Worker extends RemoteActor {
    private final int startedBefore = STARTED.get();

    public List<String> seen() {
      return List.of(
          String.valueOf(startedBefore),
          Manta.context().workingFolder().orElseThrow().toString(),
          Manta.current()
              .submit(() -> Manta.context().workingFolder().orElseThrow().toString())
              .get());
    }
  }

  @Test
  void shouldGiveTheEnvironmentOfItsJobToAnActorElsewhereAndToItsTasks(@TempDir Path folder) {
    STARTED.set(0);
    var environment =
        RuntimeEnvironment.empty()
            .withWorkingFolder(folder)
            .withStartUp(() -> STARTED.incrementAndGet());
    try (var cluster = LocalCluster.start(1, CONFIG);
        var driver =
            Manta.connect(
                CONFIG
                    .withAddresses(List.of(cluster.node(0).address().orElseThrow()))
                    .withEnvironment(environment))) {
      ActorHandle<Worker> worker = driver.actor(Worker::new).create();

      assertThat(worker.call(Worker::seen).get(Duration.ofSeconds(30)))
          .containsExactly("1", folder.toString(), folder.toString());
    }
  }

  private static String value() throws Exception {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    LOADERS.add(new WeakReference<>(loader));
    try (var bulk = loader.getResourceAsStream("bulk")) {
      return loader.loadClass("jarred.Answer").getMethod("answer").invoke(null)
          + " of "
          + bulk.readAllBytes().length
          + " bytes";
    }
  }

  /// Of more than one chunk.
  private static Path jar(Path folder) throws IOException {
    Path source = Files.createDirectories(folder.resolve("jarred")).resolve("Answer.java");
    Files.writeString(
        source,
        "package jarred; public class Answer { public static int answer() { return 42; } }");
    assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, source.toString()))
        .isZero();
    Path jar = folder.resolve("answer.jar");
    var random = new byte[600_000];
    new java.util.Random(1).nextBytes(random);
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new JarEntry("jarred/Answer.class"));
      out.write(Files.readAllBytes(source.resolveSibling("Answer.class")));
      out.putNextEntry(new JarEntry("bulk"));
      out.write(random);
    }
    return jar;
  }
}
