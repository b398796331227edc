package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.testkit.engine.EventConditions.event;
import static org.junit.platform.testkit.engine.EventConditions.finishedWithFailure;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.instanceOf;
import static org.junit.platform.testkit.engine.TestExecutionResultConditions.message;

import io.manta.actors.Manta;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.EventConditions;

/// Runs classes of tests as JUnit does, and looks at what came of them.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MantaExtensionTest {
  private static volatile Manta seen;
  private static volatile LocalCluster seenCluster;

  private static EngineExecutionResults run(Class<?> tests) {
    return EngineTestKit.engine("junit-jupiter").selectors(selectClass(tests)).execute();
  }

  private static void assertPasses(Class<?> tests, int count) {
    EngineExecutionResults results = run(tests);
    results.allEvents().assertThatEvents().noneMatch(event(finishedWithFailure())::matches);
    results.testEvents().assertStatistics(all -> all.started(count).succeeded(count));
  }

  private static boolean isClosed(Manta manta) {
    return manta.whenClosed().toCompletableFuture().isDone();
  }

  @MantaTest(
      cpus = 3,
      settings = {"resources=licence=2", "task-logs = false"})
  static class Embedded {
    Embedded(Manta manta) {
      seen = manta;
    }

    @BeforeAll
    static void before(Manta manta) {
      assertThat(manta.submit(() -> 1).get()).isEqualTo(1);
    }

    @Test
    void shouldBeEmbedded(Manta manta) {
      assertThat(manta).isSameAs(seen);
      assertThat(manta.address()).isEmpty();
      assertThat(manta.clusterResources().cpus()).isEqualTo(3);
      assertThat(manta.clusterResources().amount("licence")).isEqualTo(2);
      assertThat(manta.config().taskLogs()).isFalse();
    }

    @Test
    void shouldBeTheSame(Manta manta) {
      assertThat(manta).isSameAs(seen);
    }

    @AfterAll
    static void after(Manta manta) {
      assertThat(isClosed(manta)).isFalse();
    }

    @Nested
    class Inside {
      @Test
      void shouldBeTheSame(Manta manta) {
        assertThat(manta).isSameAs(seen);
      }
    }

    @Nested
    class AnotherInside {
      @Test
      void shouldStillBeOpen(Manta manta) {
        assertThat(isClosed(manta)).isFalse();
      }
    }
  }

  @Test
  void shouldShareOneEmbeddedNodeWithinAClass() {
    assertPasses(Embedded.class, 4);
    assertThat(isClosed(seen)).isTrue();
  }

  @MantaTest(nodes = 3)
  static class OnThreeNodes {
    @Test
    void shouldSurviveTheDeathOfANode(Manta manta, LocalCluster cluster) {
      seen = manta;
      seenCluster = cluster;
      assertThat(manta.nodes()).hasSize(3);
      assertThat(manta.clusterResources().cpus()).isEqualTo(6);
      cluster.kill(cluster.node(0));
      cluster.awaitAllKnown();
      cluster.await("the driver sees it", () -> manta.nodes().size() == 2);
      assertThat(manta.submit(() -> 7).get(Duration.ofSeconds(20))).isEqualTo(7);
      cluster.add();
      cluster.awaitAllKnown();
    }
  }

  @Test
  void shouldConnectADriverToSeveralNodes() {
    assertPasses(OnThreeNodes.class, 1);
    assertThat(isClosed(seen)).isTrue();
    assertThat(seenCluster.nodes()).hasSize(4).allMatch(MantaExtensionTest::isClosed);
  }

  static class InAField {
    @RegisterExtension
    static final MantaExtension EXTENSION =
        MantaExtension.withNodes(2)
            .cpus(1)
            .config(config -> config.withResource("licence", 1))
            .timeLimit(Duration.ofSeconds(40));

    @Test
    void shouldHaveWhatWasAsked(Manta manta) {
      assertThat(EXTENSION.runtime()).isSameAs(manta);
      assertThat(EXTENSION.cluster().nodes()).hasSize(2);
      assertThat(manta.clusterResources().cpus()).isEqualTo(2);
      assertThat(manta.clusterResources().amount("licence")).isEqualTo(2);
    }
  }

  @Test
  void shouldBeSetInCode() {
    assertPasses(InAField.class, 1);
    assertPasses(InAField.class, 1); // again, with the same object
  }

  private static void spin() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @MantaTest
  static class Leaking {
    private static ObjectRef<?> left;

    @Test
    void shouldLeaveATask(Manta manta) {
      seen = manta;
      left = manta.submit(MantaExtensionTest::spin);
      Eventually.isTrue(
          "it runs",
          Duration.ofSeconds(10),
          manta,
          () -> !manta.availableResources().equals(manta.clusterResources()));
    }
  }

  @Test
  void shouldFailAClassThatLeavesWorkBehind() {
    EngineExecutionResults results = run(Leaking.class);

    results
        .containerEvents()
        .assertThatEvents()
        .haveExactly(
            1,
            event(
                EventConditions.container(Leaking.class),
                finishedWithFailure(
                    instanceOf(AssertionError.class),
                    message(text -> text.contains("left work that holds resources 5 s later")),
                    message(text -> text.contains("with 1 cpu")))));
    assertThat(isClosed(seen)).isTrue();
  }

  static class LeakingByLeave {
    @RegisterExtension
    static final MantaExtension EXTENSION = MantaExtension.withNodes(1).allowLeaks();

    private static ObjectRef<?> left;

    @Test
    void shouldLeaveATask(Manta manta) {
      left = manta.submit(MantaExtensionTest::spin);
    }
  }

  @Test
  void shouldLetAClassLeaveWorkBehindThatMay() {
    assertPasses(LeakingByLeave.class, 1);
  }

  @MantaTest
  static class OneNodeAsACluster {
    @Test
    void shouldHaveACluster(LocalCluster cluster) {}
  }

  static class NotStatic {
    @RegisterExtension final MantaExtension extension = MantaExtension.withNodes(1);

    @Test
    void shouldHaveARuntime(Manta manta) {}
  }

  @Test
  void shouldSayWhatIsWrongWithAParameter() {
    run(OneNodeAsACluster.class)
        .testEvents()
        .assertThatEvents()
        .haveExactly(
            1,
            event(
                finishedWithFailure(
                    instanceOf(ParameterResolutionException.class),
                    message(text -> text.contains("ask for 2 nodes or more")))));
    run(NotStatic.class)
        .testEvents()
        .assertThatEvents()
        .haveExactly(
            1,
            event(
                finishedWithFailure(
                    instanceOf(ParameterResolutionException.class),
                    message(text -> text.contains("static")))));
  }

  @MantaTest(timeLimitSeconds = 2)
  static class NeverClosing {
    @Test
    void shouldHoldItsNode(Manta manta) {
      seen = manta;
      HeldService.hold();
    }
  }

  @Test
  void shouldFailAClassWhoseNodeDoesNotClose() {
    try {
      run(NeverClosing.class)
          .containerEvents()
          .assertThatEvents()
          .haveExactly(
              1,
              event(
                  EventConditions.container(NeverClosing.class),
                  finishedWithFailure(
                      instanceOf(AssertionError.class),
                      message(text -> text.contains("did not close within 2000 ms")))));
    } finally {
      HeldService.release();
    }
    seen.whenClosed().toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  @MantaTest(nodes = 2, timeLimitSeconds = 20)
  static class Waiting {
    @Test
    void shouldWaitInVain(LocalCluster cluster) {
      Eventually.isTrue("pigs fly", Duration.ofMillis(200), cluster.node(0), () -> false);
    }
  }

  @Test
  void shouldReportPhaseAndStateWhenAWaitIsInVain() {
    run(Waiting.class)
        .testEvents()
        .assertThatEvents()
        .haveExactly(
            1,
            event(
                finishedWithFailure(
                    instanceOf(AssertionError.class),
                    message(text -> text.startsWith("not within 200 ms: pigs fly; ")),
                    message(text -> text.matches("(?s).*sees .* at .* free, .* at .* free.*")))));
  }

  @MantaTest(settings = "cpu=1")
  static class WronglySet {
    @Test
    void shouldNotRun(Manta manta) {}
  }

  @Test
  void shouldNameASettingThatIsUnknown() {
    run(WronglySet.class)
        .containerEvents()
        .assertThatEvents()
        .haveExactly(
            1,
            event(
                finishedWithFailure(
                    message(text -> text.contains("unknown setting 'cpu' in @MantaTest")))));
  }
}
