package io.manta.testkit.graphs;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.testkit.ProcessCluster;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Random graphs of tasks: each result is the right one, or an error that was to be expected, and
/// nothing stays taken. `-Dmanta.seed=17` runs one seed only, `-Plong` a hundred each way. A seed
/// takes a moment embedded, and starts a process where a node dies.
class RandomGraphsTest {
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2);

  /// One graph in so many is also asked what objects it leaves, which takes collections everywhere.
  private static final int LETS_GO = 5;

  /// @param some how many there are unless tests are long
  private static LongStream seeds(int some) {
    Long only = Long.getLong("manta.seed");
    return only != null
        ? LongStream.of(only)
        : LongStream.range(0, Boolean.getBoolean("manta.long") ? 100 : some);
  }

  @TestFactory
  Stream<DynamicTest> shouldGiveRightResultsEmbedded() {
    Manta manta = Manta.start(CONFIG);
    return seeds(20)
        .mapToObj(
            seed ->
                dynamicTest(
                    "seed " + seed, () -> run(manta, RandomGraph.of(seed, false), () -> {})))
        .onClose(manta::close);
  }

  @TestFactory
  @EnabledIfSystemProperty(
      named = "manta.long",
      matches = "true",
      disabledReason = "a short chaos run kills a node under all kinds of work; run it by -Plong")
  Stream<DynamicTest> shouldGiveRightResultsWhileANodeDies() {
    ProcessCluster cluster = ProcessCluster.start(3, CONFIG);
    return seeds(1)
        .mapToObj(seed -> dynamicTest("seed " + seed, () -> runWhileANodeDies(cluster, seed)))
        .onClose(cluster::close);
  }

  private static void runWhileANodeDies(ProcessCluster cluster, long seed) {
    ProcessCluster.Node victim = cluster.node(new Random(seed).nextInt(3));
    try (Manta driver = cluster.connect()) {
      run(driver, RandomGraph.of(seed, true), victim::kill);
    } finally {
      victim.kill();
      victim.start();
    }
  }

  private static void run(Manta manta, RandomGraph graph, Runnable kill) {
    try (var run = new GraphRun(manta, graph, kill)) {
      run.run();
      run.shouldGiveResourcesBack();
      if (Boolean.getBoolean("manta.long") || graph.seed() % LETS_GO == 0) {
        run.shouldLetGoOfObjects();
      }
    }
  }
}
