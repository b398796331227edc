package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ActorDiedException;
import io.manta.core.ActorInfo;
import io.manta.core.ConfigurationException;
import io.manta.core.StateUnavailableException;
import io.manta.core.TaskFailedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class DurableActorTest {
  private static final AtomicReference<CountDownLatch> GATE = new AtomicReference<>();
  private static final AtomicReference<Thread> STARTER = new AtomicReference<>();
  private static final MantaConfig CONFIG = MantaConfig.defaults().withCpus(2);

  record Basket(List<String> items) {
    Basket with(String item) {
      var all = new ArrayList<>(items);
      all.add(item);
      return new Basket(List.copyOf(all));
    }
  }

  record Added(String item) implements DurableActor.Change<Basket> {
    @Override
    public Basket applyTo(Basket basket) {
      if (item.isEmpty()) {
        throw new IllegalArgumentException("an item needs a name");
      }
      return basket.with(item);
    }
  }

  public static class Shopper extends DurableActor<Basket> {
    private final int snapshotEvery;
    private String atStart = "";

    public Shopper(String name, int snapshotEvery) {
      super(name);
      this.snapshotEvery = snapshotEvery;
    }

    public Shopper(String name) {
      this(name, 100);
    }

    @Override
    protected void onStart() {
      atStart = String.join(",", state().items());
    }

    @Override
    protected Basket initialState() {
      return new Basket(List.of());
    }

    @Override
    protected int snapshotEvery() {
      return snapshotEvery;
    }

    public String atStart() {
      return atStart;
    }

    public int add(String... items) {
      var changes = new ArrayList<Added>();
      for (String item : items) {
        changes.add(new Added(item));
      }
      persist(changes);
      return state().items().size();
    }

    public String items() {
      return String.join(",", state().items());
    }

    public boolean clear() {
      deleteState();
      return true;
    }

    public boolean addByLambda() {
      persist(basket -> basket.with("x"));
      return true;
    }
  }

  private static String itemsOfANewOne(Manta manta, String name) {
    ActorHandle<Shopper> actor = manta.actor(() -> new Shopper(name)).create();
    String items = actor.call(Shopper::items).get();
    actor.kill();
    return items;
  }

  @Test
  void shouldApplyChangesWithoutANode() {
    var shopper = new Shopper("ann");

    assertThat(shopper.add("tea", "milk")).isEqualTo(2);
    assertThat(shopper.items()).isEqualTo("tea,milk");
    assertThat(shopper.clear()).isTrue();
    assertThat(shopper.items()).isEmpty();
  }

  @Test
  void shouldRefuseAnIdThatIsTooLong() {
    assertThatThrownBy(() -> new Shopper("x".repeat(250)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("may have 255");
  }

  @Test
  void shouldFindItsStateBeforeOnStartWhenItIsCreatedAgain() {
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> first = manta.actor(() -> new Shopper("ann")).create();
      first.call(shopper -> shopper.add("tea")).get();
      first.call(shopper -> shopper.add("milk", "bread")).get();
      first.kill();

      ActorHandle<Shopper> second = manta.actor(() -> new Shopper("ann")).create();

      assertThat(second.call(Shopper::atStart).get()).isEqualTo("tea,milk,bread");
      assertThat(itemsOfANewOne(manta, "bob")).isEmpty();
    }
  }

  @Test
  void shouldFindItsStateAfterTheNodeWasStartedAgain(@TempDir Path folder) {
    MantaConfig config = CONFIG.withStateFolder(folder);
    try (Manta manta = Manta.start(config)) {
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("ann", 3)).create();
      for (int i = 0; i < 8; i++) {
        String item = "item" + i;
        actor.call(shopper -> shopper.add(item)).get();
      }
    }
    try (Manta manta = Manta.start(config)) {
      assertThat(itemsOfANewOne(manta, "ann"))
          .isEqualTo("item0,item1,item2,item3,item4,item5,item6,item7");
    }
  }

  @Test
  void shouldKeepNothingOfWhatWasDeleted() {
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("ann")).create();
      actor.call(shopper -> shopper.add("tea")).get();
      actor.call(Shopper::clear).get();
      assertThat(actor.call(Shopper::items).get()).isEmpty();
      actor.kill();

      assertThat(itemsOfANewOne(manta, "ann")).isEmpty();
    }
  }

  @Test
  void shouldKeepNoneOfTheChangesWhenOneThrows() {
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("ann")).create();
      actor.call(shopper -> shopper.add("tea")).get();

      assertThatThrownBy(() -> actor.call(shopper -> shopper.add("milk", "")).get())
          .isInstanceOf(TaskFailedException.class)
          .hasRootCauseMessage("an item needs a name");

      assertThat(actor.call(Shopper::items).get()).isEqualTo("tea");
      actor.kill();
      assertThat(itemsOfANewOne(manta, "ann")).isEqualTo("tea");
    }
  }

  @Test
  void shouldRefuseChangesThatALaterBuildCouldNotRead() {
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("ann")).create();

      assertThatThrownBy(() -> actor.call(Shopper::addByLambda).get())
          .hasRootCauseInstanceOf(IllegalArgumentException.class)
          .rootCause()
          .hasMessageContaining("make the change a record");
    }
  }

  @Test
  void shouldEndTheOneWhoseStateAnotherTookOver() {
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> first = manta.actor(() -> new Shopper("ann")).create();
      first.call(shopper -> shopper.add("tea")).get();
      ActorHandle<Shopper> second = manta.actor(() -> new Shopper("ann")).create();
      second.call(shopper -> shopper.add("milk")).get();

      assertThatThrownBy(() -> first.call(shopper -> shopper.add("bread")).get())
          .isInstanceOf(ActorDiedException.class)
          .hasMessageContaining("was taken over");
      assertThatThrownBy(() -> first.call(Shopper::items).get())
          .isInstanceOf(ActorDiedException.class);

      assertThat(second.call(Shopper::items).get()).isEqualTo("tea,milk");
    }
  }

  @Test
  void shouldRecoverBeforeTheNextCallWhenAChangeIsInDoubt() {
    try (Manta manta = Manta.start(CONFIG.withDurableStore("fake:"))) {
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("doubt")).create();
      actor.call(shopper -> shopper.add("tea")).get();
      FakeDurableStore.IN_DOUBT.set(1);
      assertThatThrownBy(() -> actor.call(shopper -> shopper.add("milk")).get())
          .hasCauseInstanceOf(StateUnavailableException.class)
          .hasMessageContaining("in doubt");
      FakeDurableStore.CLOSED.set(1);
      assertThatThrownBy(() -> actor.call(Shopper::atStart).get())
          .hasCauseInstanceOf(StateUnavailableException.class)
          .hasMessageContaining("closed");

      assertThat(actor.call(Shopper::items).get()).isEqualTo("tea,milk");
      int opened = FakeDurableStore.OPENED.get();
      assertThat(actor.call(shopper -> shopper.add("bread")).get()).isEqualTo(3);
      assertThat(FakeDurableStore.OPENED).hasValue(opened);
    }
  }

  @Test
  void shouldWaitForItsStateWhenItMayRestart() {
    try (Manta manta = Manta.start(CONFIG.withDurableStore("fake:"))) {
      manta.actor(() -> new Shopper("waits")).create().call(shopper -> shopper.add("tea")).get();
      FakeDurableStore.CLOSED.set(2);
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("waits")).maxRestarts(1).create();
      assertThat(actor.call(Shopper::items).get(Duration.ofSeconds(30))).isEqualTo("tea");
      assertThat(FakeDurableStore.CLOSED).hasValue(0);
      assertThat(manta.actors(10))
          .filteredOn(info -> info.id().equals(actor.id()))
          .extracting(ActorInfo::restarts)
          .containsExactly(0);
    }
  }

  @Test
  void shouldNotTakeTheStateOverWhenItsStartWasGivenUp() throws Exception {
    var gate = new CountDownLatch(1);
    GATE.set(gate);
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> late =
          manta.actor(DurableActorTest::deafShopper).startTimeout(Duration.ofMillis(50)).create();
      assertThat(late.whenDead().toCompletableFuture().join().reason())
          .isEqualTo(ActorDiedException.Reason.CONSTRUCTOR_FAILED);
      ActorHandle<Shopper> next = manta.actor(() -> new Shopper("deaf")).create();
      next.call(shopper -> shopper.add("tea")).get();
      gate.countDown();
      STARTER.get().join();
      assertThat(next.call(shopper -> shopper.add("milk")).get()).isEqualTo(2);
    }
  }

  private static Shopper deafShopper() {
    STARTER.set(Thread.currentThread());
    while (true) {
      try {
        GATE.get().await();
        return new Shopper("deaf");
      } catch (InterruptedException e) {
        // deaf
      }
    }
  }

  @Test
  void shouldDieWithoutItsStateWhenItMayNotRestart() {
    try (Manta manta = Manta.start(CONFIG.withDurableStore("fake:"))) {
      FakeDurableStore.CLOSED.set(1);
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("dies")).create();
      ActorDiedException death = actor.whenDead().toCompletableFuture().join();
      assertThat(death.reason()).isEqualTo(ActorDiedException.Reason.STATE_UNAVAILABLE);
      assertThat(death).hasMessageContaining("the fake store is closed");
    }
  }

  @Test
  void shouldSayThatItCanNotBeIsolated() {
    try (Manta manta = Manta.start(CONFIG)) {
      ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("ann")).isolated().create();

      assertThatThrownBy(() -> actor.call(Shopper::items).get())
          .isInstanceOf(ActorDiedException.class)
          .hasMessageContaining("can't be isolated");
    }
  }

  @Test
  void shouldNameTheModuleWhenNobodyProvidesTheStore() {
    assertThatThrownBy(() -> Manta.start(CONFIG.withDurableStore("jdbc:nothing:x")).close())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("'jdbc:nothing:x'")
        .hasMessageContaining("manta-jdbc");
  }

  @Test
  void shouldRefuseAFolderThatAnotherNodeUses(@TempDir Path folder) {
    MantaConfig config = CONFIG.withStateFolder(folder);
    try (Manta manta = Manta.start(config)) {
      manta.actor(() -> new Shopper("ann")).create().call(Shopper::items).get();

      assertThatThrownBy(() -> Manta.start(config).close())
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("used by another node");
    }
  }

  @Test
  void shouldSayWhichFileIsDamaged(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("durable").resolve("state.mv");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "this is no store".repeat(1_000));

    assertThatThrownBy(() -> Manta.start(CONFIG.withStateFolder(folder)).close())
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("can't be read");
  }

  @Test
  void shouldGiveTheFileBackWhenTheNodeIsClosed(@TempDir Path folder) {
    MantaConfig config = CONFIG.withStateFolder(folder);
    for (int i = 1; i <= 3; i++) {
      int expected = i;
      try (Manta manta = Manta.start(config)) {
        ActorHandle<Shopper> actor = manta.actor(() -> new Shopper("ann")).create();
        assertThat(actor.call(shopper -> shopper.add("tea")).get()).isEqualTo(expected);
      }
    }
  }
}
