package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.ClusterRecords;
import io.manta.actors.DurableActor;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.actors.internal.DetachedRecords;
import io.manta.core.ConfigurationException;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.Resources;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is detached outlives a stop of all nodes, in their state folders.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DetachedRestartTest {
  private static final Duration LIMIT = Duration.ofSeconds(40);
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2).withPort(0);

  @TempDir private Path folder;

  public static class Greeter extends RemoteActor {
    private final String greeting;

    public Greeter(String greeting) {
      this.greeting = greeting;
    }

    public String greet() {
      return greeting + ", incarnation " + context().incarnation();
    }
  }

  public record Sum(long value) {}

  public record Added(long value) implements DurableActor.Change<Sum> {
    @Override
    public Sum applyTo(Sum sum) {
      return new Sum(sum.value() + value);
    }
  }

  public static class Account extends DurableActor<Sum> {
    public Account() {
      super("account");
    }

    @Override
    protected Sum initialState() {
      return new Sum(0);
    }

    public long add(long value) {
      persist(new Added(value));
      return state().value();
    }
  }

  private static ConditionFactory soon(String what) {
    return await(what).atMost(LIMIT);
  }

  /// A node that founds a cluster with a state folder of that name.
  private Manta found(String name) {
    return Manta.start(CONFIG.withStateFolder(folder.resolve(name)).withNewCluster(true));
  }

  private Manta join(Manta other, String name) {
    Manta node =
        Manta.start(
            CONFIG
                .withStateFolder(folder.resolve(name))
                .withAddresses(List.of(other.address().orElseThrow())));
    soon("both know each other")
        .until(() -> other.nodes().size() == node.nodes().size() && node.nodes().size() > 1);
    return node;
  }

  private static ActorHandle<Greeter> greeter(Manta node, String name) {
    return node.actor(() -> new Greeter("I am " + name))
        .named(name)
        .maxRestarts(5)
        .detached()
        .create();
  }

  private static <A extends RemoteActor> ActorHandle<A> find(
      Manta node, String name, Class<A> type) {
    return soon("'" + name + "' is found")
        .until(() -> node.find(name, type), Optional::isPresent)
        .orElseThrow();
  }

  private static String greeting(Manta node, String name) {
    return find(node, name, Greeter.class).call(Greeter::greet).get(LIMIT);
  }

  private static void awaitKnown(Manta node, int actors) {
    soon("all is known of the detached actors")
        .until(
            () ->
                DetachedRecords.all(node).size() == actors
                    && DetachedRecords.all(node).stream().allMatch(all -> all.node().isPresent()));
  }

  @Test
  void shouldStartWhatIsDetachedAgainAfterAPowerCut() {
    MantaConfig config = MantaConfig.defaults().withCpus(2).withNewCluster(true);
    try (var cluster = ProcessCluster.start(3, config)) {
      try (Manta driver = cluster.connect()) {
        greeter(driver, "ann").call(Greeter::greet).get(LIMIT);
        ActorHandle<Account> account =
            driver.actor(Account::new).named("account").maxRestarts(5).detached().create();
        account.call(actor -> actor.add(7)).get(LIMIT);
        group(driver, "kept").await(LIMIT);

        cluster.nodes().forEach(ProcessCluster.Node::kill);
      }
      cluster.nodes().forEach(ProcessCluster.Node::start);

      try (Manta driver = cluster.connect()) {
        assertThat(greeting(driver, "ann")).startsWith("I am ann, incarnation ");
        assertThat(find(driver, "account", Account.class).call(actor -> actor.add(3)).get(LIMIT))
            .isEqualTo(10);
        soon("the group is placed").until(() -> isPlaced(driver, "kept"));
      }
    }
  }

  @Test
  void shouldStartWhatIsDetachedAgainAfterAllNodesWereStopped() {
    try (Manta first = found("first");
        Manta second = join(first, "second")) {
      assertThat(greeter(first, "ann").call(Greeter::greet).get(LIMIT))
          .isEqualTo("I am ann, incarnation 1");
      greeter(second, "bob").call(Greeter::greet).get(LIMIT);
      ActorHandle<Account> account =
          second.actor(Account::new).named("account").maxRestarts(5).detached().create();
      account.call(actor -> actor.add(7)).get(LIMIT);
      ActorHandle<Greeter> killed = greeter(first, "killed");
      killed.call(Greeter::greet).get(LIMIT);
      killed.kill();
      group(first, "kept").await(LIMIT);
      PlacementGroup removed = group(second, "removed").await(LIMIT);
      removed.remove();
      awaitKnown(first, 3);
      awaitKnown(second, 3);
    }

    try (Manta first = found("first");
        Manta second = join(first, "second")) {
      assertThat(greeting(second, "ann")).startsWith("I am ann, incarnation ");
      assertThat(greeting(first, "bob")).startsWith("I am bob, incarnation ");
      assertThat(find(first, "account", Account.class).call(actor -> actor.add(3)).get(LIMIT))
          .isEqualTo(10);
      soon("the group is placed").until(() -> isPlaced(second, "kept"));
      PlacementGroup kept = second.findPlacementGroup("kept").orElseThrow();
      assertThat(second.task(() -> 5).in(kept, 0).submit().get(LIMIT)).isEqualTo(5);
      assertThat(second.find("killed", Greeter.class)).isEmpty();
      assertThat(second.findPlacementGroup("removed")).isEmpty();
      assertThat(DetachedRecords.all(first)).hasSize(3);
    }
  }

  private static PlacementGroup group(Manta node, String name) {
    return node.placementGroup().bundles(1, Resources.cpus(1)).named(name).detached().create();
  }

  private static boolean isPlaced(Manta node, String name) {
    return node.placementGroups().stream()
        .anyMatch(
            group ->
                group.name().equals(Optional.of(name))
                    && group.state() == PlacementGroupInfo.State.CREATED);
  }

  @Test
  void shouldLeaveDeadWhatWasKilledWhileANodeWasAway() {
    try (Manta last = found("last")) {
      try (Manta away = join(last, "away")) {
        greeter(last, "killed").call(Greeter::greet).get(LIMIT);
        greeter(away, "ann").call(Greeter::greet).get(LIMIT);
        awaitKnown(away, 2);
      }
      soon("the other left").until(() -> last.nodes().size() == 1);
      find(last, "killed", Greeter.class).kill();
      soon("it is dead").until(() -> last.find("killed", Greeter.class).isEmpty());
      awaitKnown(last, 1);
    }

    try (Manta away = found("away")) {
      // It knows of another that may know better, so it starts nothing.
      soon("its records are read").until(() -> DetachedRecords.all(away).size() == 2);
      assertThat(away.find("ann", Greeter.class)).isPresent();
      try (Manta ignored = join(away, "last")) {
        assertThat(greeting(away, "ann")).startsWith("I am ann");
        assertThat(DetachedRecords.all(away)).hasSize(1);
        assertThat(away.actors(10)).noneMatch(actor -> actor.name().equals(Optional.of("killed")));
      }
    }
  }

  @Test
  void shouldGoOnWithoutAFolderThatIsGivenUp() {
    try (Manta first = found("first");
        Manta second = join(first, "second")) {
      greeter(second, "ann").call(Greeter::greet).get(LIMIT);
      awaitKnown(first, 1);
      awaitKnown(second, 1);
      soon("both folders are known")
          .until(() -> first.records(ClusterRecords.STATE_FOLDERS).all().size() == 2);
      first.close();
    }

    try (Manta first = found("first")) {
      ClusterRecords folders = first.records(ClusterRecords.STATE_FOLDERS);
      soon("both folders are known").until(() -> folders.all().size() == 2);
      folders
          .all()
          .forEach(
              (id, record) -> {
                if (!new String(record, StandardCharsets.UTF_8).startsWith(first.id() + " ")) {
                  folders.remove(id);
                }
              });

      assertThat(greeting(first, "ann")).startsWith("I am ann");
    }
  }

  @Test
  void shouldNotStartWithDamagedRecords() throws IOException {
    try (Manta first = found("first")) {
      greeter(first, "ann").call(Greeter::greet).get(LIMIT);
      awaitKnown(first, 1);
    }
    Path file = folder.resolve("first/records/manta-kept-records.data");
    byte[] content = Files.readAllBytes(file);
    content[content.length / 2]++;
    Files.write(file, content);

    assertThatThrownBy(() -> found("first").close())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("move the file away");

    Files.delete(file);
    try (Manta first = found("first")) {
      assertThat(first.find("ann", Greeter.class)).isEmpty();
      assertThatThrownBy(() -> found("first").close())
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("used by another node");
    }
  }
}
