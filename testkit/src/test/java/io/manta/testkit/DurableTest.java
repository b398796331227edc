package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.DurableActor;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ActorDiedException;
import io.manta.core.NodeId;
import io.manta.core.StateUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Durable actors on clusters: what was answered is found again, wherever their nodes went.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DurableTest {
  private static final int DEATHS = Boolean.getBoolean("manta.long") ? 3 : 1;

  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2);

  public record Entries(List<Integer> numbers) {}

  public record Added(int number) implements DurableActor.Change<Entries> {
    @Override
    public Entries applyTo(Entries entries) {
      var all = new ArrayList<>(entries.numbers());
      all.add(number);
      return new Entries(List.copyOf(all));
    }
  }

  record Answer(int count, NodeId node) {}

  public static class Journal extends DurableActor<Entries> {
    public Journal(String id) {
      super(id);
    }

    @Override
    protected Entries initialState() {
      return new Entries(List.of());
    }

    @Override
    protected int snapshotEvery() {
      return 10;
    }

    public Answer add(int number) {
      persist(new Added(number));
      return new Answer(state().numbers().size(), context().node());
    }

    public List<Integer> numbers() {
      return state().numbers();
    }

    public NodeId where() {
      return context().node();
    }
  }

  private static ActorHandle<Journal> create(Manta manta, String id) {
    return manta.actor(() -> new Journal(id)).create();
  }

  @Test
  void shouldGoOnWithEveryAcknowledgedChangeWhenTheNodesOfItsStateDieInTurn() {
    try (var cluster = ProcessCluster.start(3, CONFIG);
        var driver = cluster.connect()) {
      await().atMost(Duration.ofSeconds(30)).until(() -> driver.nodes().size() == 3);
      ActorHandle<Journal> journal =
          driver.actor(() -> new Journal("turns")).maxRestarts(10).create();
      var acknowledged = new ArrayList<Integer>();
      for (int death = 0; death < DEATHS; death++) {
        for (int i = 0; i < 15; i++) {
          int number = acknowledged.size();
          journal.call(actor -> actor.add(number)).get(Duration.ofSeconds(30));
          acknowledged.add(number);
        }
        NodeId where = journal.call(Journal::where).get(Duration.ofSeconds(30));
        ProcessCluster.Node node =
            cluster.nodes().stream().filter(n -> n.id().equals(where)).findFirst().orElseThrow();

        node.kill();
        node.deleteState();

        assertThat(numbers(journal)).isEqualTo(acknowledged);
        assertThat(journal.call(Journal::where).get(Duration.ofSeconds(30))).isNotEqualTo(where);
        node.start();
        await().atMost(Duration.ofSeconds(30)).until(() -> driver.nodes().size() == 3);
      }
    }
  }

  /// Calls may fail while it moves.
  private static List<Integer> numbers(ActorHandle<Journal> journal) {
    return await("the journal is elsewhere")
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsInstanceOf(ActorDiedException.class)
        .until(() -> journal.call(Journal::numbers).get(Duration.ofSeconds(50)), all -> true);
  }

  @Test
  void shouldWaitForAllStoresAfterAllNodesWereStopped(@TempDir Path folder) {
    MantaConfig impatient = CONFIG.withPort(0).withDurableTimeout(Duration.ofSeconds(2));
    MantaConfig first = impatient.withStateFolder(folder.resolve("first")).withNewCluster(true);
    MantaConfig second = impatient.withStateFolder(folder.resolve("second"));
    try (Manta node = Manta.start(first);
        Manta ignored = Manta.start(second.withAddresses(List.of(node.address().orElseThrow())))) {
      await().atMost(Duration.ofSeconds(30)).until(() -> node.nodes().size() == 2);
      ActorHandle<Journal> journal = create(node, "all");
      for (int i = 0; i < 15; i++) {
        int number = i;
        journal.call(actor -> actor.add(number)).get(Duration.ofSeconds(30));
      }
    }

    try (Manta node = Manta.start(first)) {
      ActorHandle<Journal> tooEarly = create(node, "all");
      assertThatThrownBy(() -> tooEarly.call(Journal::numbers).get(Duration.ofSeconds(30)))
          .isInstanceOf(ActorDiedException.class)
          .hasMessageContaining("not heard yet")
          .hasMessageContaining("last seen at manta://127.0.0.1:");
      try (Manta ignored =
          Manta.start(second.withAddresses(List.of(node.address().orElseThrow())))) {
        ActorHandle<Journal> journal =
            node.actor(() -> new Journal("all")).onNode(node.id()).create();
        assertThat(journal.call(Journal::numbers).get(Duration.ofSeconds(30))).hasSize(15);
      }
    }
  }

  @Test
  void shouldRefuseChangesOfTheOneWhoseStateWasTakenOver() {
    try (var cluster = LocalCluster.start(3, CONFIG)) {
      ActorHandle<Journal> old =
          cluster.node(0).actor(() -> new Journal("shared")).onNode(cluster.node(1).id()).create();
      old.call(actor -> actor.add(1)).get(Duration.ofSeconds(30));
      ActorHandle<Journal> next =
          cluster.node(0).actor(() -> new Journal("shared")).onNode(cluster.node(2).id()).create();
      assertThat(next.call(Journal::numbers).get(Duration.ofSeconds(30))).containsExactly(1);

      assertThatThrownBy(() -> old.call(actor -> actor.add(2)).get(Duration.ofSeconds(30)))
          .isInstanceOf(ActorDiedException.class)
          .hasMessageContaining("taken over");

      assertThat(next.call(actor -> actor.add(3)).get(Duration.ofSeconds(30)).count()).isEqualTo(2);
      assertThat(next.call(Journal::numbers).get()).containsExactly(1, 3);
    }
  }

  @Test
  void shouldGoOnOnlyWithEnoughCopies() {
    MantaConfig impatient = CONFIG.withDurableTimeout(Duration.ofSeconds(2));
    try (var cluster = LocalCluster.start(2, impatient)) {
      Manta first = cluster.node(0);
      ActorHandle<Journal> journal =
          first.actor(() -> new Journal("copies")).onNode(first.id()).create();
      journal.call(actor -> actor.add(1)).get(Duration.ofSeconds(30));
      cluster.node(1).close();
      await().atMost(Duration.ofSeconds(30)).until(() -> first.nodes().size() == 1);

      assertThatThrownBy(() -> journal.call(actor -> actor.add(2)).get(Duration.ofSeconds(30)))
          .hasCauseInstanceOf(StateUnavailableException.class)
          .hasMessageContaining("durable-copies = 1");

      cluster.add();
      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> journal.call(actor -> actor.add(3)).get().count() >= 2);
      assertThat(journal.call(Journal::numbers).get()).startsWith(1).endsWith(3);
    }
  }
}
