package io.manta.testkit.upgrade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.NodeInfo;
import io.manta.core.WireVersion;
import io.manta.objects.store.StoreConfig;
import io.manta.testkit.ProcessCluster;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Three nodes of an earlier build of the same wire version are replaced by nodes of this one, node
/// by node, while a driver of each works.
@Timeout(value = 420, unit = TimeUnit.SECONDS)
class UpgradeTest {
  private static final int NODES = 3;
  private static final int ROUNDS = Boolean.getBoolean("manta.long") ? 10 : 1;
  private static final Duration DRAIN = Duration.ofSeconds(1);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final MantaConfig CONFIG =
      MantaConfig.defaults().withCpus(2).withJoinTimeout(LIMIT);

  @TempDir private Path folder;

  private Process earlierDriver;

  @Test
  void shouldNameACommitOfThisWireVersion() throws IOException {
    assertThat(EarlierBuild.last().version())
        .as("the last line of the file wire-version; add a commit that has the new wire version")
        .isEqualTo(WireVersion.current());
  }

  @Test
  void shouldLoseNothingWhenNodesAreReplacedOneByOne() throws Exception {
    String earlier = EarlierBuild.classPathOrSkip(folder);
    try (var cluster = ProcessCluster.start(0, CONFIG)) {
      cluster.useClassPath(earlier);
      cluster.add();
      cluster.addAll(NODES - 1);
      List<String> addresses = cluster.nodes().stream().map(ProcessCluster.Node::address).toList();
      Path log = startDriver(earlier, addresses);
      try (Manta driver = connect(addresses)) {
        await().atMost(LIMIT).until(() -> driver.nodes().size() == NODES);
        assertThat(builds(driver)).allMatch(earlier::startsWith);
        replaceAll(cluster, driver, log);
        assertThat(builds(driver)).noneMatch(earlier::startsWith);
      } finally {
        earlierDriver.destroyForcibly().waitFor();
      }
    }
  }

  /// On another host than the nodes, as far as its object store goes.
  private Manta connect(List<String> addresses) {
    StoreConfig store =
        StoreConfig.defaults()
            .withFolder(folder.resolve("store"))
            .withSpillFolder(folder.resolve("spill"));
    return Manta.connect(CONFIG.withAddresses(addresses).withStore(store));
  }

  private Path startDriver(String classPath, List<String> addresses) throws IOException {
    Path log = folder.resolve("driver.log");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(System.getProperty("manta.jvm.options", "").strip().split("\\s+")));
    command.addAll(List.of("-Xmx256m", "-cp", classPath, UpgradeDriver.class.getName(), "earlier"));
    command.addAll(addresses);
    earlierDriver =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return log;
  }

  /// Where the classes of each node's runtime are.
  private static Set<String> builds(Manta driver) {
    return driver.nodes().stream()
        .map(node -> driver.task(UpgradeTest::build).onNode(node.id()).submit().get(LIMIT))
        .collect(Collectors.toSet());
  }

  private static String build() {
    return new File(Manta.class.getProtectionDomain().getCodeSource().getLocation().getPath())
        .getPath();
  }

  private void replaceAll(ProcessCluster cluster, Manta driver, Path log) throws Exception {
    await("the earlier driver works").atMost(LIMIT).until(() -> isAtWork(driver, log));
    var work = new UpgradeWork(driver, "new");
    var over = new AtomicBoolean();
    var working =
        CompletableFuture.runAsync(
            () -> {
              try {
                work.workUntil(over::get);
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            },
            Thread::startVirtualThread);
    awaitRounds(driver, working, log);
    cluster.useClassPath(System.getProperty("java.class.path"));
    for (ProcessCluster.Node node : cluster.nodes()) {
      replace(driver, node);
      awaitRounds(driver, working, log);
    }
    over.set(true);
    working.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    earlierDriver.getOutputStream().close();
    assertThat(earlierDriver.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    String last = Files.readAllLines(log).getLast();
    assertThat(last).startsWith(UpgradeDriver.DONE);
    int earlierRounds = Integer.parseInt(last.substring(UpgradeDriver.DONE.length()));
    assertThat(UpgradeWork.counts(driver))
        .isEqualTo(Map.of("new", work.rounds(), "earlier", earlierRounds));
  }

  private boolean isAtWork(Manta driver, Path log) throws IOException {
    if (!earlierDriver.isAlive()) {
      throw new AssertionError("the earlier driver ended:\n" + Files.readString(log));
    }
    return driver.find("tally", UpgradeWork.Tally.class).isPresent()
        && UpgradeWork.counts(driver).containsKey("earlier");
  }

  /// Waits until both drivers have done some more of their work.
  private void awaitRounds(Manta driver, CompletableFuture<?> working, Path log) throws Exception {
    Map<String, Integer> before = UpgradeWork.counts(driver);
    await("both drivers work")
        .atMost(LIMIT)
        .until(
            () -> {
              if (working.isCompletedExceptionally()) {
                working.get();
              }
              return isAtWork(driver, log)
                  && List.of("new", "earlier").stream()
                      .allMatch(name -> isAhead(name, UpgradeWork.counts(driver), before));
            });
  }

  private static boolean isAhead(
      String name, Map<String, Integer> counts, Map<String, Integer> before) {
    return counts.getOrDefault(name, 0) >= before.getOrDefault(name, 0) + ROUNDS;
  }

  private static void replace(Manta driver, ProcessCluster.Node node) {
    await("nothing but bundles is left on the node")
        .atMost(LIMIT)
        .until(
            () -> driver.node(node.id()).drain(DRAIN), left -> left.tasks() + left.actors() == 0);
    node.stop();
    node.start();
    await("all know the new node")
        .atMost(LIMIT)
        .until(
            () ->
                driver.nodes().stream().map(NodeInfo::id).anyMatch(node.id()::equals)
                    && driver.nodes().size() == NODES);
  }
}
