package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.actors.TaskBuilder;
import io.manta.core.InfeasibleException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/// Which nodes take what work, on a cluster of three with labels.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SchedulingTest {
  private static volatile CyclicBarrier together = new CyclicBarrier(1);

  private LocalCluster cluster;
  private Manta driver;

  @BeforeAll
  void start() {
    MantaConfig config =
        MantaConfig.defaults()
            .withCpus(2)
            .withInfeasibleWarning(Duration.ofMillis(200))
            .withInfeasibleTimeout(Duration.ofSeconds(2));
    cluster = LocalCluster.start(1, config);
    cluster.add(common -> common.withLabels(Map.of("zone", "eu", "disk", "ssd")));
    cluster.add(common -> common.withLabels(Map.of("zone", "us")));
    driver = cluster.connect();
  }

  @AfterAll
  void close() {
    driver.close();
    cluster.close();
  }

  public static class Where extends RemoteActor {
    NodeId node() {
      return Manta.current().id();
    }
  }

  private NodeId id(int node) {
    return cluster.node(node).id();
  }

  private static NodeId here() {
    return Manta.current().id();
  }

  /// Where so many run that are all under way at the same time.
  private static List<NodeId> together(int count, TaskBuilder<ObjectRef<NodeId>> task) {
    together = new CyclicBarrier(count);
    List<ObjectRef<NodeId>> refs = IntStream.range(0, count).mapToObj(i -> task.submit()).toList();
    return refs.stream().map(ObjectRef::get).toList();
  }

  private static NodeId whenAllAreHere() throws Exception {
    together.await(30, TimeUnit.SECONDS);
    return here();
  }

  @Test
  void shouldRunTasksOnlyWhereTheLabelsAreSo() {
    for (int i = 0; i < 20; i++) {
      assertThat(driver.task(SchedulingTest::here).where("zone = eu").submit().get())
          .isEqualTo(id(1));
      assertThat(driver.task(SchedulingTest::here).where("!zone").submit().get()).isEqualTo(id(0));
      assertThat(driver.task(SchedulingTest::here).where("zone, disk != ssd").submit().get())
          .isEqualTo(id(2));
    }
  }

  @Test
  void shouldSendATaskOfANodeAwayWhenThatHasNotTheLabels() {
    NodeId asked =
        cluster
            .node(0)
            .task(
                () -> Manta.current().task(SchedulingTest::here).where("zone = us").submit().get())
            .onNode(id(0))
            .submit()
            .get();

    assertThat(asked).isEqualTo(id(2));
  }

  @Test
  void shouldSayWhichLabelsThereAreWhenNoNodeHasThem() {
    var nowhere = driver.task(SchedulingTest::here).where("zone = asia").submit();

    assertThat(driver.explain(nowhere))
        .get(InstanceOfAssertFactories.STRING)
        .contains("where zone = asia", "{disk=ssd, zone=eu}");
    assertThatThrownBy(nowhere::get)
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("where zone = asia");
  }

  @Test
  void shouldPreferANodeAndTakeAnotherWhenThatIsFull() {
    Eventually.allFree(driver);
    var task = driver.task(SchedulingTest::whenAllAreHere).preferNode(id(2));

    assertThat(together(2, task)).containsOnly(id(2));
    Eventually.allFree(driver);
    assertThat(together(4, task)).hasSize(4).contains(id(2)).isNotEqualTo(List.of(id(2)));
  }

  @Test
  void shouldSpreadTasksThatHybridWouldPack() {
    Eventually.allFree(driver);
    var spread = driver.task(SchedulingTest::whenAllAreHere).cpus(0.5).spread();

    assertThat(new HashSet<>(together(3, spread))).hasSize(3);
  }

  @Test
  void shouldPlaceActorsWhereTheLabelsAreSoAndSpreadThem() {
    Eventually.allFree(driver);
    ActorHandle<Where> europe = driver.actor(Where::new).where("zone = eu").create();
    ActorHandle<Where> rather = driver.actor(Where::new).preferWhere("zone = us").create();
    List<ActorHandle<Where>> spread =
        IntStream.range(0, 3)
            .mapToObj(i -> driver.actor(Where::new).cpus(0.5).spread().create())
            .toList();

    assertThat(europe.call(Where::node).get()).isEqualTo(id(1));
    assertThat(rather.call(Where::node).get()).isEqualTo(id(2));
    assertThat(spread.stream().map(actor -> actor.call(Where::node).get())).doesNotHaveDuplicates();
    spread.forEach(ActorHandle::kill);
    List.of(europe, rather).forEach(ActorHandle::kill);
  }

  @Test
  void shouldTellTheLabelsOfNodes() {
    assertThat(driver.nodes())
        .anySatisfy(node -> assertThat(node.labels()).containsEntry("zone", "us"));
  }
}
