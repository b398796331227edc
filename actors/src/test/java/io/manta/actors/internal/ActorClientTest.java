package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.actors.faults.FaultyNode;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.NodeId;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import io.manta.core.SlotId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Calls of one process on an actor of another, which goes from node to node.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ActorClientTest {
  private static final NodeId FIRST = new NodeId(77);
  private static final NodeId SECOND = new NodeId(78);
  private static final ActorId ACTOR = new ActorId(new SlotId(FIRST, 0), FIRST, 1);

  private final FaultyNode node = FaultyNode.start(MantaConfig.defaults().withCpus(1).withPort(0));
  private final MantaRuntime runtime = (MantaRuntime) node.manta();
  private final Actors actors = runtime.actors();
  private final ActorClient client = actors.client(ACTOR);
  private final List<Long> sent = new CopyOnWriteArrayList<>();

  /// Writes down what is sent.
  private final class Next implements ActorClient.Route {
    @Override
    public NodeId node() {
      return SECOND;
    }

    @Override
    public Runnable send(Call call) {
      sent.add(call.number());
      return ActorCell.NOTHING;
    }

    @Override
    public void cancel(Call call) {}

    @Override
    public void credit(Call call, long values) {}
  }

  private static final class Waiting extends RemoteActor {
    private static volatile CountDownLatch runs = new CountDownLatch(1);
    private static volatile CountDownLatch go = new CountDownLatch(1);

    boolean await() throws InterruptedException {
      runs.countDown();
      go.await();
      return true;
    }
  }

  private static class Watching implements ActorCell.Listener {
    private final CountDownLatch started = new CountDownLatch(1);

    @Override
    public void waits() {}

    @Override
    public void started() {
      started.countDown();
    }

    @Override
    public void ended(ActorDiedException reason) {}

    @Override
    public void moved(Optional<Payload> state) {}
  }

  @AfterEach
  void close() {
    node.kill(); // to leave in order takes it a second
  }

  private Ref<Object> call() {
    return callOn(client);
  }

  private Ref<Object> callOn(ActorClient called) {
    Ref<Object> ref = runtime.newRef();
    RemoteFunction<Object, Object> method = actor -> actor;
    called.send(runtime.objects().capture(method, runtime.codec(), false), ref, "", null);
    return ref;
  }

  /// An incarnation that lives here, and may move.
  private ActorCell cell(int incarnation, ActorCell.Listener listener) {
    RemoteCallable<Object> constructor = Waiting::new;
    return new ActorCell(
        runtime,
        new ActorCell.Spec(
            ACTOR,
            incarnation,
            "",
            runtime.objects().capture(constructor, runtime.codec(), false),
            ActorOptions.defaults().withMaxRestarts(1),
            runtime.currentJob(),
            runtime.codec(),
            Setting.NONE,
            Optional.empty()),
        listener);
  }

  private void startHere(ActorCell cell, Watching listener) throws InterruptedException {
    actors.host().add(cell);
    cell.begin(() -> {});
    listener.started.await();
    actors.route(client, runtime.id(), cell.spec().incarnation());
  }

  /// Done when it runs.
  private Ref<Object> callThatWaits() throws InterruptedException {
    Waiting.runs = new CountDownLatch(1);
    Waiting.go = new CountDownLatch(1);
    Ref<Object> ref = runtime.newRef();
    RemoteFunction<Object, Object> method = actor -> ((Waiting) actor).await();
    client.send(runtime.objects().capture(method, runtime.codec(), false), ref, "", null);
    Waiting.runs.await();
    return ref;
  }

  private static long number(Ref<?> ref) {
    return ((Call) ref.source()).number();
  }

  private void answer(long call, String value) {
    var result = Message.Result.of(Payload.encode(value, runtime.codec()));
    actors.callDone(new Message.CallDone(ACTOR, call, result));
  }

  private void refuse(long call) {
    actors.notHere(FIRST, new Message.NotHere(ACTOR, 1, call));
  }

  private void die(Reason reason) {
    var result = Message.Result.of(new ActorDiedException(reason, "it died"));
    actors.dead(new Message.ActorDead(ACTOR, result));
  }

  private static void assertDead(Ref<?> failed, Reason reason) {
    assertThatThrownBy(failed::get)
        .isInstanceOfSatisfying(
            ActorDiedException.class, died -> assertThat(died.reason()).isEqualTo(reason));
  }

  @Test
  void shouldSendAgainWhatWasRefusedAndNothingElse() {
    actors.route(client, FIRST, 1);
    Ref<Object> ran = call();
    long second = number(call());
    long third = number(call());
    long first = number(ran);
    refuse(third);
    refuse(second);
    client.located(new Next(), "it lives elsewhere");
    assertThat(sent).isEmpty(); // the first may have to come before them

    answer(first, "it ran");
    assertThat(ran.get()).isEqualTo("it ran");
    assertThat(sent).containsExactly(second, third);
  }

  /// Its owner may not know yet that it left.
  @Test
  void shouldTakeAnswersFromWhereItWasWhenItIsSentThereTwice() {
    actors.route(client, FIRST, 1);
    Ref<Object> ran = call();
    long first = number(ran);
    long second = number(call());
    long third = number(call());
    refuse(third);
    actors.route(client, FIRST, 1);
    refuse(second);
    actors.route(client, FIRST, 1);
    answer(first, "it ran");
    assertThat(ran.get()).isEqualTo("it ran");
    refuse(third);
    refuse(second);
    client.located(new Next(), "it lives elsewhere");
    assertThat(sent).containsExactly(second, third);
  }

  @Test
  void shouldForgetActorsThatNobodyUses() {
    int before = actors.clients().size();
    for (int i = 0; i < 100; i++) {
      actors.client(new ActorId(new SlotId(FIRST, 0), FIRST, 1_000 + i));
    }
    RemoteFunction<Object, Object> method = actor -> actor;
    Capture body = runtime.objects().capture(method, runtime.codec(), false);
    var called = new ActorId(new SlotId(FIRST, 0), FIRST, 2);
    actors.client(called).send(body, null, "", null);
    var watched = new ActorId(new SlotId(FIRST, 0), FIRST, 3);
    actors.client(watched).whenDead(() -> {});
    await()
        .until(
            () -> {
              System.gc();
              return actors.clients().size() == before + 2;
            });
    assertThat(actors.clients().find(called)).isNotNull();
    assertThat(actors.clients().find(watched)).isNotNull();

    actors.dead(
        new Message.ActorDead(
            called,
            Message.Result.of(new ActorDiedException(ActorDiedException.Reason.KILLED, "x"))));
    assertThat(actors.clients().find(called)).isNull();
  }

  @Test
  void shouldHoldBackLaterCallsUntilThoseBeforeAreAnswered() {
    actors.route(client, FIRST, 1);
    long first = number(call());
    client.expectLocation("it moves");
    long second = number(call());
    client.located(new Next(), "it lives elsewhere");
    assertThat(sent).isEmpty();
    refuse(first);
    assertThat(sent).containsExactly(first, second);
  }

  @Test
  void shouldSendAgainInTheOrderOfTheCallsInWhateverOrderTheyAreRefused() {
    actors.route(client, FIRST, 1);
    List<Ref<Object>> calls = Stream.generate(this::call).limit(5).toList();
    List<Long> numbers = calls.stream().map(ActorClientTest::number).toList();
    for (int refused : List.of(3, 0, 4, 1, 2)) {
      refuse(numbers.get(refused));
    }
    long last = number(call());
    calls.get(2).cancel();
    client.located(new Next(), "it lives elsewhere");
    assertThat(sent)
        .containsExactly(numbers.get(0), numbers.get(1), numbers.get(3), numbers.get(4), last);
  }

  @Test
  void shouldKeepTheRouteToAnIncarnationThatIsFoundAgain() {
    client.located(new RemoteRoute(runtime, client, FIRST, 1), "it lives there");
    ActorClient.Route first = client.route();
    client.located(new RemoteRoute(runtime, client, FIRST, 1), "it lives there");
    assertThat(client.route()).isSameAs(first);
    client.located(new RemoteRoute(runtime, client, FIRST, 2), "it restarted there");
    assertThat(client.route()).isNotSameAs(first);
  }

  @Test
  void shouldNotSendToANodeThatIsNotKnownYet() {
    call();
    var limits = Message.CallLimits.of(ActorOptions.defaults());
    actors.found(new Message.ActorAt(ACTOR, SECOND, 1, true, limits));
    assertThat(client.node()).isEmpty();
  }

  /// Its last process died, and none is to come.
  @Test
  void shouldFailCallsThatMayBeRepeatedWhenTheActorIsDeadForGood() {
    client.limits(Message.CallLimits.of(ActorOptions.defaults().withCallRetries(1_000_000)));
    Ref<Object> held = call();
    die(Reason.PROCESS_DIED);
    for (Ref<Object> failed : List.of(held, call())) {
      assertDead(failed, Reason.PROCESS_DIED);
    }
  }

  /// A local actor, whose owner learns that it moved and has it live elsewhere at once.
  @Test
  void shouldSendWhatWaitedHereBeforeLaterCallsWhenItMoves() throws Exception {
    var later = new AtomicReference<Ref<Object>>();
    var moved = new CountDownLatch(1);
    var listener =
        new Watching() {
          @Override
          public void moved(Optional<Payload> state) {
            client.located(new Next(), "it lives elsewhere");
            later.set(call());
            moved.countDown();
          }
        };
    ActorCell cell = cell(1, listener);
    startHere(cell, listener);
    callThatWaits();
    long second = number(call());
    long third = number(call());
    assertThat(cell.move("it moves")).isTrue();
    Waiting.go.countDown();
    moved.await();
    await().until(() -> sent.size() == 3);
    assertThat(sent).containsExactly(second, third, number(later.get()));
  }

  @Test
  void shouldOnlyFailWhatRanWhenAnotherIncarnationTakesOver() throws Exception {
    var listener = new Watching();
    startHere(cell(1, listener), listener);
    Ref<Object> ran = callThatWaits();
    long waited = number(call());
    ActorCell next = cell(2, new Watching());
    actors.host().add(next);
    actors.host().remove(next);
    client.located(new Next(), "it lives elsewhere");
    assertDead(ran, Reason.NODE_DIED);
    assertThat(sent).containsExactly(waited);
  }

  @Test
  void shouldRepeatACallUnderWhichAnotherIncarnationTookOverWhenAsked() {
    client.limits(Message.CallLimits.of(ActorOptions.defaults().withCallRetries(1)));
    actors.route(client, FIRST, 1);
    long first = number(call());
    long second = number(call());
    var replaced = new ActorDiedException(Reason.NODE_DIED, "incarnation 2 took over");
    actors.callDone(new Message.CallDone(ACTOR, first, Message.Result.of(replaced)));
    refuse(second);
    await().until(() -> client.node().isEmpty());
    client.located(new Next(), "it lives elsewhere");
    await().until(() -> sent.size() == 2);
    assertThat(sent).containsExactly(first, second);
  }

  @Test
  void shouldTakeAnswersThatComeAfterTheNewsThatItWasStopped() {
    actors.route(client, FIRST, 1);
    Ref<Object> ran = call();
    Ref<Object> late = call();
    die(Reason.STOPPED);
    answer(number(ran), "it ran");
    assertThat(ran.get()).isEqualTo("it ran");
    assertThat(late.isDone()).isFalse();
    refuse(number(late));
    assertDead(late, Reason.STOPPED);
    assertDead(call(), Reason.STOPPED);
  }

  @Test
  void shouldFailWhatIsUnderWayWhenItIsKilled() {
    actors.route(client, FIRST, 1);
    Ref<Object> ran = call();
    die(Reason.KILLED);
    assertDead(ran, Reason.KILLED);
  }

  @Test
  void shouldFailWhatIsUnderWayWhenItsNodeDiesAfterTheNewsThatItWasStopped() {
    actors.route(client, SECOND, 1);
    Ref<Object> ran = call();
    die(Reason.STOPPED);
    actors.nodeDied(SECOND, "it crashed");
    assertDead(ran, Reason.NODE_DIED);
  }

  @Test
  void shouldFailWhatIsUnderWayWhenTheRuntimeIsClosedAfterTheNewsThatItWasStopped() {
    actors.route(client, FIRST, 1);
    Ref<Object> ran = call();
    die(Reason.STOPPED);
    runtime.close();
    assertDead(ran, Reason.RUNTIME_CLOSED);
  }

  @Test
  void shouldSayOfEachCallWhetherItMayHaveRunWhenItsNodeDies() {
    actors.route(client, SECOND, 1);
    Ref<Object> sent = call();
    client.expectLocation("it restarts");
    Ref<Object> held = call();
    die(Reason.NODE_DIED);
    assertThatThrownBy(sent::get)
        .hasMessageContaining("it died")
        .hasMessageContaining("this call was sent to it and not answered, so it may have run");
    assertThatThrownBy(held::get)
        .hasMessageContaining("it died")
        .hasMessageContaining("this call was not sent to it, so it did not run");
  }

  @Test
  void shouldSayThatACallMayHaveRunBeforeWhenItWasToBeRepeated() {
    client.limits(Message.CallLimits.of(ActorOptions.defaults().withCallRetries(1)));
    actors.route(client, SECOND, 1);
    Ref<Object> repeated = call();
    actors.nodeDied(SECOND, "it crashed");
    die(Reason.NODE_DIED);
    assertThatThrownBy(repeated::get)
        .hasMessageContaining("this call was not sent again, and may have run before");
  }

  /// A process that was given up, since it does not answer, and is met again.
  private void giveUpSecond() throws IOException {
    var cluster = (ClusterHost) runtime.cluster();
    try (var silent = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + silent.getLocalPort();
      cluster.joined(SECOND, address);
      actors.route(client, SECOND, 1);
      Ref<Object> sent = call();
      cluster.left(SECOND, "it is silent");
      assertDead(sent, Reason.NODE_DIED);
      cluster.joined(SECOND, address);
    }
  }

  @Test
  void shouldNotLookForAnActorOfItsOwnAtANodeThatIsGone() throws IOException {
    var id = runtime.actor(Waiting::new).cpus(64).create().id();
    OwnedActor owned = actors.owned().get(id);
    giveUpSecond();
    synchronized (owned) {
      owned.state = OwnedActor.State.ALIVE; // as until the death of its node has come to it
      owned.node = SECOND;
    }
    Ref<Object> waits = callOn(actors.client(id));
    actors.client(id).searchAgain();
    assertThat(runtime.cluster().isAlive(SECOND)).isFalse();
    assertThat(actors.client(id).node()).isEmpty();
    assertThat(waits.isDone()).isFalse();
  }

  @Test
  void shouldSendInOrderWhatANodeThatIsGoneDidNotTake() throws IOException {
    giveUpSecond();
    client.located(new RemoteRoute(runtime, client, SECOND, 2), "it lives there");
    List<Long> numbers =
        Stream.generate(this::call).limit(50).map(ActorClientTest::number).toList();
    client.located(new Next(), "it lives elsewhere");
    await().until(() -> sent.size() == 50);
    assertThat(sent).isEqualTo(numbers);
  }

  @Test
  void shouldHoldBackACallForANodeThatIsKnownToBeDead() {
    var route = new RemoteRoute(runtime, client, SECOND, 1);
    client.located(route, "it lives there");
    Ref<Object> sent = call();
    route.nodeDied("it crashed");
    client.located(route, "it lives there"); // an answer that was on its way
    Ref<Object> late = call();
    assertDead(sent, Reason.NODE_DIED);
    assertThat(late.isDone()).isFalse();
    client.located(new Next(), "it lives elsewhere");
    await().until(() -> !this.sent.isEmpty());
    assertThat(this.sent).containsExactly(number(late));
  }
}
