package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.actors.RemoteQueue;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/// What an actor's `onStop` sees when it stops in order, and what is said when it does not.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class StoppingTest {
  private static final List<String> SEEN = new CopyOnWriteArrayList<>();
  private static volatile CountDownLatch busy = new CountDownLatch(1);

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Logger log = (Logger) LoggerFactory.getLogger(ActorCell.class);
  private final Manta manta = Manta.start(MantaConfig.defaults().withCpus(2));

  /// Writes down what it is asked to.
  static class Noting extends RemoteActor {
    boolean note(String what) {
      return SEEN.add(what);
    }

    boolean noteSlowly(String what) throws InterruptedException {
      busy.countDown();
      Thread.sleep(100);
      return note(what);
    }

    boolean hold() throws InterruptedException {
      busy.countDown();
      Thread.sleep(60_000);
      return true;
    }

    @Override
    protected void onStop() throws Exception {
      SEEN.add("stopped");
    }
  }

  static final class Failing extends Noting {
    @Override
    protected void onStop() throws Exception {
      super.onStop();
      throw new IllegalStateException("the file is locked");
    }
  }

  @BeforeEach
  void listen() {
    SEEN.clear();
    busy = new CountDownLatch(1);
    lines.start();
    log.addAppender(lines);
  }

  @AfterEach
  void close() {
    manta.close();
    log.detachAppender(lines);
  }

  private List<String> warnings() {
    return List.copyOf(lines.list).stream()
        .filter(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }

  private void stop(ActorId actor) {
    ((MantaRuntime) manta)
        .actors()
        .host()
        .find(actor)
        .stop(ActorDiedException.Reason.RUNTIME_CLOSED, "its node leaves");
  }

  /// Calls go straight to it from now on.
  private static ActorHandle<Noting> found(ActorHandle<Noting> actor) {
    actor.call(noting -> true).get();
    return actor;
  }

  @Test
  void shouldRefuseADeadlineThatIsNegative() {
    ActorHandle<Noting> actor = found(manta.actor(Noting::new).create());
    assertThatThrownBy(() -> actor.stop(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT-1S");
  }

  @Test
  void shouldStopAfterTheCallsThatWait() throws Exception {
    ActorHandle<Noting> actor = found(manta.actor(Noting::new).create());
    ObjectRef<Boolean> first = actor.call(noting -> noting.noteSlowly("first"));
    ObjectRef<Boolean> second = actor.call(noting -> noting.note("second"));
    busy.await();
    stop(actor.id());

    assertThat(List.of(first.get(), second.get())).containsOnly(true);
    manta.close();
    assertThat(SEEN).containsExactly("first", "second", "stopped");
    assertThat(warnings()).isEmpty();
  }

  @Test
  void shouldStopAfterAllCallsOfAnActorThatRunsSeveralAtATime() throws Exception {
    ActorHandle<Noting> actor = found(manta.actor(Noting::new).maxConcurrency(2).create());
    busy = new CountDownLatch(2);
    List<ObjectRef<Boolean>> calls =
        Stream.of("first", "second", "third")
            .map(what -> actor.call(noting -> noting.noteSlowly(what)))
            .toList();
    busy.await();
    stop(actor.id());
    ObjectRef<Boolean> late = actor.call(noting -> noting.note("late"));

    assertThatThrownBy(late::get)
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("its node leaves");
    assertThat(calls).allMatch(ObjectRef::get);
    manta.close();
    assertThat(SEEN).containsExactlyInAnyOrder("first", "second", "third", "stopped");
    assertThat(SEEN).endsWith("stopped");
    assertThat(warnings()).isEmpty();
  }

  private Actors internals() {
    return ((MantaRuntime) manta).actors();
  }

  @Test
  void shouldStopAlthoughItWasAboutToMove() throws Exception {
    ActorHandle<Noting> actor =
        found(manta.actor(Noting::new).maxRestarts(1).concurrencyGroup("other", 1).create());
    ObjectRef<Boolean> first = actor.call(noting -> noting.noteSlowly("first"));
    busy.await();
    internals().host().find(actor.id()).move("it moves");
    ObjectRef<Boolean> second = actor.call(noting -> noting.note("second"));
    ObjectRef<Boolean> third = actor.inGroup("other").call(noting -> noting.note("third"));
    stop(actor.id());

    assertThat(List.of(first.get(), second.get(), third.get())).containsOnly(true);
    assertThat(actor.whenDead().toCompletableFuture().get(20, TimeUnit.SECONDS))
        .hasMessageContaining("its node leaves");
    assertThat(SEEN).endsWith("stopped").hasSize(4);
  }

  @Test
  void shouldStopWhereItArrivesWhenItIsStoppedOnItsWay() throws Exception {
    ActorHandle<Noting> actor = found(manta.actor(Noting::new).create());
    OwnedActors owned = internals().owned();
    OwnedActor moving = owned.get(actor.id());
    synchronized (moving) {
      moving.move = new OwnedActor.Move(manta.id(), new CompletableFuture<>());
      moving.state = OwnedActor.State.STARTING;
    }
    owned.stop(moving, ActorDiedException.Reason.STOPPED, "it is not needed any more");
    owned.started(manta.id(), new Message.ActorStarted(actor.id(), 1, "Stopping"));

    assertThat(actor.whenDead().toCompletableFuture().get(20, TimeUnit.SECONDS).reason())
        .isEqualTo(ActorDiedException.Reason.STOPPED);
    assertThat(SEEN).containsExactly("stopped");
  }

  @Test
  void shouldStopAnActorThatIsIdle() {
    ActorHandle<Noting> actor = found(manta.actor(Noting::new).maxConcurrency(3).create());

    stop(actor.id());

    await().untilAsserted(() -> assertThat(SEEN).containsExactly("stopped"));
  }

  @Test
  void shouldEndAlthoughItsOnStopFails() {
    manta.actor(Failing::new).create().call(noting -> noting.note("first")).get();

    manta.close();

    assertThat(SEEN).containsExactly("first", "stopped");
    assertThat(warnings()).singleElement().asString().startsWith("onStop of actor Failing (");
  }

  @Test
  void shouldSayNothingOfAnActorThatIsKilledBeforeItCouldStop() throws Exception {
    var actor = manta.actor(Noting::new).create();
    ObjectRef<Boolean> held = actor.call(Noting::hold);
    busy.await();
    stop(actor.id());

    actor.kill();

    assertThatThrownBy(held::get).isInstanceOf(ActorDiedException.class);
    manta.close();
    assertThat(SEEN).isEmpty();
    assertThat(warnings()).isEmpty();
  }

  @Test
  void shouldEndWaitsForAQueueThatStops() {
    RemoteQueue<String> queue = RemoteQueue.create(manta, 10);
    queue.size();
    ObjectRef<String> taken = queue.takeAsync();

    stop(queue.actor().id());

    assertThatThrownBy(taken::get)
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("its node leaves");
  }
}
