package io.manta.actors.internal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.manta.actors.ActorContext;
import io.manta.actors.ActorHandle;
import io.manta.actors.DurableActor;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.actors.WaitingActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorInfo;
import io.manta.core.Emitter;
import io.manta.core.GetTimeoutException;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import io.manta.core.RemoteRunnable;
import io.manta.core.Resources;
import io.manta.core.SerializationException;
import io.manta.core.TaskFailedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/// What users see of actors on an embedded node.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ActorsTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final List<String> SEEN = new CopyOnWriteArrayList<>();

  /// What calls wait for until a test lets them go.
  private static volatile CountDownLatch gate = new CountDownLatch(1);

  private static volatile CompletableFuture<String> answer = new CompletableFuture<>();

  private final TurnedTime time = new TurnedTime();
  private final Manta manta = Manta.start(MantaConfig.defaults().withCpus(2).withTime(time));

  /// Time that a test turns.
  private static final class TurnedTime implements io.manta.actors.TimeSource {
    private record Due(Duration at, Runnable what) {}

    private final List<Due> due = new ArrayList<>();
    private Duration now = Duration.ZERO;

    @Override
    public synchronized Runnable schedule(Duration delay, Runnable what) {
      var entry = new Due(now.plus(delay), what);
      due.add(entry);
      return () -> remove(entry);
    }

    private synchronized void remove(Due entry) {
      due.remove(entry);
    }

    synchronized int waiting() {
      return due.size();
    }

    void advance(Duration by) {
      List<Due> over;
      synchronized (this) {
        now = now.plus(by);
        over = due.stream().filter(entry -> entry.at.compareTo(now) <= 0).toList();
        due.removeAll(over);
      }
      over.forEach(entry -> entry.what.run());
    }
  }

  interface Account {
    CompletionStage<Integer> balance();

    ObjectRef<Integer> deposit(int amount);

    CompletionStage<String> later(String prefix);

    void note(String text);

    default CompletionStage<Integer> doubled() {
      return balance().thenApply(balance -> 2 * balance);
    }
  }

  static class Teller extends RemoteActor {
    private int balance;

    int balance() {
      return balance;
    }

    int deposit(int amount) {
      if (amount < 0) {
        throw new IllegalArgumentException("an amount of " + amount);
      }
      balance += amount;
      return balance;
    }

    CompletionStage<String> later(String prefix) {
      return answer.thenApply(text -> prefix + text);
    }

    CompletionStage<String> freely() {
      return interleave(answer);
    }

    CompletionStage<String> byWayOfItself() {
      return interleave(answer.thenApplyAsync(text -> "to " + text, context().executor()));
    }

    void note(String text) {
      SEEN.add(text);
    }

    boolean waitAtGate() throws InterruptedException {
      SEEN.add("at the gate");
      return gate.await(30, TimeUnit.SECONDS);
    }

    boolean spinAtGate() {
      SEEN.add("deaf");
      while (gate.getCount() > 0) {
        Thread.onSpinWait();
      }
      return true;
    }

    ActorContext.Timer every(Duration period, String text) {
      return context().every(period, () -> note(text));
    }

    void after(Duration delay, String text) {
      context().after(delay, () -> note(text));
    }

    void failing(Duration period) {
      context()
          .every(
              period,
              () -> {
                note("failed");
                throw new IllegalStateException("it fails each time");
              });
    }

    void leave() {
      context().exit();
    }

    ActorHandle<Teller> child() {
      return context().manta().actor(Teller::new).create();
    }

    void watch(ActorHandle<Teller> other) {
      other
          .whenDead()
          .thenAcceptAsync(death -> note("saw " + death.reason()), context().executor());
    }

    int callSelf() {
      return this.<Teller>self().call(Teller::balance).get();
    }

    @Override
    protected void onStop() {
      note("stopped");
    }
  }

  @BeforeEach
  void begin() {
    SEEN.clear();
    gate = new CountDownLatch(1);
    WaitingActor.shut();
    answer = new CompletableFuture<>();
  }

  @AfterEach
  void close() {
    gate.countDown();
    WaitingActor.open();
    manta.close();
  }

  private ActorHandle<Teller> teller() {
    return manta.actor(Teller::new).create();
  }

  private static ActorDiedException death(ActorHandle<?> actor) throws Exception {
    return actor.whenDead().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private static Reason reason(ActorHandle<?> actor) throws Exception {
    return death(actor).reason();
  }

  // Views, deadlines, stages

  @Test
  void shouldBeCalledThroughAnInterface() throws Exception {
    ActorHandle<Teller> teller = teller();
    Account account = teller.as(Account.class);
    assertThat(account.deposit(5).get()).isEqualTo(5);
    account.note("told");
    assertThat(account.balance().toCompletableFuture().get(20, TimeUnit.SECONDS)).isEqualTo(5);
    assertThat(account.doubled().toCompletableFuture().get(20, TimeUnit.SECONDS)).isEqualTo(10);
    assertThat(SEEN).containsExactly("told");
    assertThat(account)
        .isEqualTo(teller.as(Account.class))
        .hasToString("Account of " + teller.id());
  }

  @Test
  void shouldGiveTheValueOfAStageThroughAnInterface() throws Exception {
    CompletionStage<String> later = teller().as(Account.class).later("to ");
    answer.complete("you");
    assertThat(later.toCompletableFuture().get(20, TimeUnit.SECONDS)).isEqualTo("to you");
  }

  @Test
  void shouldTellWhatAMethodBehindAnInterfaceThrew() {
    assertThatThrownBy(() -> teller().as(Account.class).deposit(-1).get())
        .hasRootCauseInstanceOf(IllegalArgumentException.class)
        .hasRootCauseMessage("an amount of -1");
  }

  interface Wrong {
    int balance();
  }

  interface Other {
    ObjectRef<Integer> deposit(long amount);

    ObjectRef<Integer> balanse();
  }

  @Test
  void shouldRefuseAnInterfaceThatPretendsToBeLocal() {
    assertThatThrownBy(() -> teller().as(Wrong.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("balance() of ")
        .hasMessageContaining("returns int");
  }

  @Test
  void shouldNameTheMethodsThatThereAreWhenAnInterfaceAsksForAnother() {
    assertThatThrownBy(() -> teller().as(Other.class).deposit(1).get())
        .hasRootCauseInstanceOf(IllegalArgumentException.class)
        .rootCause()
        .hasMessageContaining("has no method deposit(long); it has deposit(int)");
  }

  @Test
  void shouldSuggestASimilarMethodWhenAnInterfaceAsksForOneThatIsNotThere() {
    assertThatThrownBy(() -> teller().as(Other.class).balanse().get())
        .rootCause()
        .hasMessageContaining("has no method balanse(); did you mean 'balance'?");
  }

  static class Ledger extends DurableActor<String> {
    Ledger() {
      super("one");
    }

    @Override
    protected String initialState() {
      return "";
    }

    int entries() {
      return state().length();
    }
  }

  interface LedgerView {
    ObjectRef<Void> deleteState();

    ObjectRef<Void> persist(List<DurableActor.Change<String>> changes);
  }

  @Test
  void shouldNeitherCallNorNameTheMethodsOfThisLibraryThroughAnInterface() {
    LedgerView view = manta.actor(Ledger::new).create().as(LedgerView.class);
    List<ThrowingCallable> calls =
        List.of(() -> view.deleteState().get(), () -> view.persist(List.of()).get());
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .rootCause()
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has no method ")
          .hasMessageEndingWith("; there are entries");
    }
  }

  static class Vault extends RemoteActor {
    private int secret = 7;

    @SuppressWarnings("UnusedMethod") // by an interface
    private int secret() {
      return secret;
    }

    Vault itself() {
      return this;
    }

    int next() {
      return Manta.current().submit(() -> secret + 1).get(SOON);
    }

    @Override
    protected void onStop() {
      secret = 0;
    }
  }

  static final class Scales extends RemoteActor {
    int weighed;

    long weight() {
      return ++weighed;
    }

    CompletionStage<Long> weightLater() {
      return CompletableFuture.completedStage(weight());
    }

    void reset() {}

    Number amount() {
      return 7L;
    }

    CompletableFuture<?> someStage() {
      return CompletableFuture.completedFuture("some");
    }
  }

  interface ScalesView {
    CompletionStage<Integer> weight();

    ObjectRef<String> weightLater();

    CompletionStage<Integer> reset();

    CompletionStage<Long> amount();

    CompletionStage<String> someStage();
  }

  @Test
  void shouldNameBothTypesWhenAViewSaysAnotherThanTheActor() {
    var actor = manta.actor(Scales::new).create();
    ScalesView view = actor.as(ScalesView.class);

    assertThatThrownBy(() -> view.weight().toCompletableFuture().get(10, TimeUnit.SECONDS))
        .hasStackTraceContaining(
            "weight() of "
                + Scales.class.getName()
                + " gives Long, and its view says Integer; have both say the same");
    assertThatThrownBy(() -> view.weightLater().get())
        .hasStackTraceContaining("gives Long, and its view says String");
    assertThatThrownBy(() -> view.reset().toCompletableFuture().get(10, TimeUnit.SECONDS))
        .hasStackTraceContaining("gives nothing, and its view says Integer");
    assertThat(actor.call(scales -> scales.weighed).get()).isZero();
    assertThat(view.amount().toCompletableFuture()).succeedsWithin(SOON).isEqualTo(7L);
    assertThat(view.someStage().toCompletableFuture()).succeedsWithin(SOON).isEqualTo("some");
  }

  interface VaultView {
    ObjectRef<Integer> secret();

    ObjectRef<Void> onStop();
  }

  @Test
  void shouldSayWhyAnInterfaceCanNotCallAMethodThatIsPrivateOrTheRuntimes() {
    VaultView vault = manta.actor(Vault::new).create().as(VaultView.class);
    assertThatThrownBy(() -> vault.secret().get(SOON))
        .rootCause()
        .hasMessage(
            "secret() of " + Vault.class.getName() + " is private; make it visible in its package");
    assertThatThrownBy(() -> vault.onStop().get(SOON))
        .rootCause()
        .hasMessage(Vault.class.getName() + " has no method onStop(); there are itself, next");
  }

  /// Has methods of the names that other kinds of actors have for the runtime.
  static class Plain extends RemoteActor {
    String state() {
      return "solid";
    }

    String handOver() {
      return "nothing";
    }
  }

  interface PlainView {
    ObjectRef<String> state();

    ObjectRef<String> handOver();
  }

  @Test
  void shouldCallMethodsThatAreHooksInOtherKindsOfActors() {
    PlainView plain = manta.actor(Plain::new).create().as(PlainView.class);
    assertThat(plain.state().get(SOON)).isEqualTo("solid");
    assertThat(plain.handOver().get(SOON)).isEqualTo("nothing");
  }

  static class Jumpy extends RemoteActor {
    @Override
    protected void onStart() {
      Thread.currentThread().interrupt();
    }

    boolean isInterrupted() {
      return Thread.currentThread().isInterrupted();
    }
  }

  @Test
  void shouldNotInterruptItsFirstCallForWhatItsStartDid() {
    assertThat(manta.actor(Jumpy::new).create().call(Jumpy::isInterrupted).get(SOON)).isFalse();
  }

  @Test
  void shouldSayThatAnActorStaysWhereItLives() {
    ActorHandle<Vault> vault = manta.actor(Vault::new).create();
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> vault.call(Vault::itself).get(SOON), () -> vault.call(Vault::next).get(SOON))) {
      assertThatThrownBy(call)
          .hasStackTraceContaining(
              Vault.class.getName() + " is an actor, which stays where it lives: pass self()");
    }
  }

  @Test
  void shouldNameTheLambdaOfTheUserThatCapturedWhatCanNotTravel() {
    ActorHandle<Teller> teller = teller();
    var lock = new Object[] {new ReentrantLock()};
    assertThatThrownBy(() -> teller.run(actor -> actor.note(lock.toString())))
        .isInstanceOf(SerializationException.class)
        .hasMessageStartingWith(
            "a lambda of " + ActorsTest.class.getName() + " at .captured[0][0] ");
  }

  private record Keeping(Account account) {}

  @Test
  void shouldSayToCaptureTheHandleWhenACallCapturesAView() {
    ActorHandle<Teller> teller = teller();
    Account view = teller.as(Account.class);
    var keeping = new Keeping(view);
    assertThatThrownBy(() -> teller.run(actor -> view.note("from there")))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("captured[0]")
        .hasMessageContaining("a view of an actor")
        .hasMessageContaining("capture the handle and call as(Account.class) there");
    assertThatThrownBy(() -> manta.submit(() -> keeping.account().balance()))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("capture the handle and call as(Account.class) there");
  }

  static class Clerk extends RemoteActor {
    int count;

    int count() {
      return count;
    }

    void read(Emitter<Integer> emitter) {
      emitter.emit(count);
    }
  }

  @Test
  void shouldNameBothClassesWhenAnActorIsFoundAsAnother() {
    ActorHandle<Teller> teller = manta.actor(Teller::new).named("cash").create();
    teller.call(Teller::balance).get(SOON);
    ActorHandle<Clerk> found = manta.find("cash", Clerk.class).orElseThrow();
    ActorHandle<Clerk> got = manta.actor(Clerk::new).named("cash").getIfExists().create();
    List<ThrowingCallable> calls =
        List.of(
            () -> found.call(Clerk::count).get(SOON),
            () -> got.call(clerk -> clerk.count).get(SOON),
            () -> found.run(Clerk::count).get(SOON),
            () -> found.stream(Clerk::read).values().toList());
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("actor Teller 'cash'")
          .hasMessageContaining(
              "the actor is a %s, and the call was made for a %s"
                  .formatted(Teller.class.getName(), Clerk.class.getName()));
    }
  }

  @Test
  void shouldLeaveAFailedCastInAMethodAsItIs() {
    Object text = "text";
    assertThatThrownBy(() -> teller().call(actor -> (Integer) text).get(SOON))
        .hasCauseInstanceOf(ClassCastException.class);
  }

  @Test
  @SuppressWarnings({"NullAway", "DataFlowIssue"})
  void shouldNameTheParameterThatIsNull() {
    ActorHandle<Teller> teller = teller();
    ActorContext<Teller> context = new CellContext<>((MantaRuntime) manta, hosted(teller));
    var builder = manta.actor(Teller::new);
    Map<ThrowingCallable, String> calls =
        Map.ofEntries(
            Map.entry(() -> teller.call(null), "method"),
            Map.entry(() -> teller.callAsync(null), "method"),
            Map.entry(() -> teller.run(null), "method"),
            Map.entry(() -> teller.tell(null), "method"),
            Map.entry(() -> teller.stream(null), "method"),
            Map.entry(() -> teller.ask(null, SOON), "method"),
            Map.entry(() -> teller.ask(Teller::balance, null), "deadline"),
            Map.entry(() -> teller.stop(null), "deadline"),
            Map.entry(() -> teller.as(null), "view"),
            Map.entry(() -> teller.inGroup(null), "group"),
            Map.entry(() -> context.after(null, () -> {}), "delay"),
            Map.entry(() -> context.after(SOON, null), "action"),
            Map.entry(() -> context.every(null, () -> {}), "period"),
            Map.entry(() -> builder.named(null), "name"),
            Map.entry(() -> builder.namespace(null), "namespace"),
            Map.entry(() -> builder.memory(null), "size"),
            Map.entry(() -> builder.concurrencyGroup(null, 1), "group"),
            Map.entry(() -> builder.onNode(null), "node"),
            Map.entry(() -> builder.startTimeout(null), "timeout"),
            Map.entry(() -> manta.actor(null), "constructor"),
            Map.entry(() -> manta.find(null, Teller.class), "name"),
            Map.entry(() -> manta.find("cash", null), "type"),
            Map.entry(() -> manta.submit((RemoteRunnable) null), "body"),
            Map.entry(() -> manta.task((RemoteCallable<Integer>) null), "body"));
    calls.forEach(
        (call, name) ->
            assertThatThrownBy(call)
                .as(name)
                .isInstanceOf(NullPointerException.class)
                .hasMessageStartingWith(name + " is null; give "));
  }

  private ActorCell hosted(ActorHandle<Teller> teller) {
    teller.call(Teller::balance).get(SOON);
    return requireNonNull(((MantaRuntime) manta).actors().hosted(teller.id()));
  }

  @Test
  void shouldRefuseBlankNames() {
    var builder = manta.actor(Teller::new);
    List<ThrowingCallable> calls =
        List.of(
            () -> builder.named(" "),
            () -> builder.namespace(" "),
            () -> builder.concurrencyGroup(" ", 1),
            () -> teller().inGroup(" "),
            () -> manta.find(" ", Teller.class),
            () -> manta.find(" ", "cash", Teller.class));
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("' '")
          .hasMessageContaining("is blank; give");
    }
  }

  // What is seen

  private ActorInfo seen(ActorHandle<?> actor) {
    return manta.actors(100).stream()
        .filter(info -> info.id().equals(actor.id()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void shouldCountTheCallsThatWaitForAnActorToBePlaced() {
    ActorHandle<Teller> pending = manta.actor(Teller::new).cpus(64).create();
    pending.call(Teller::balance);
    pending.tell(Teller::balance);
    ActorHandle<Teller> idle = teller();
    idle.call(Teller::balance).get(SOON);
    assertThat(seen(pending).state()).isEqualTo(ActorInfo.State.PENDING);
    assertThat(seen(pending).pendingCalls()).isEqualTo(2);
    assertThat(seen(idle).pendingCalls()).isZero();
  }

  @Test
  void shouldShowTheClassOfActorsThatDidNotStart() {
    int balance = 7;
    List<ActorHandle<? extends RemoteActor>> tellers =
        List.of(
            manta.actor(Teller::new).cpus(64).create(),
            manta.actor(() -> new Teller()).cpus(64).create(),
            manta.actor(() -> balance > 0 ? new Teller() : null).cpus(64).create());
    for (ActorHandle<?> teller : tellers) {
      assertThat(seen(teller).type()).isEqualTo("Teller");
      teller.kill();
      assertThat(seen(teller).type()).isEqualTo("Teller");
      assertThat(seen(teller).death().orElseThrow()).startsWith("actor Teller (");
    }
  }

  @Test
  void shouldShowTheClassOfTheObjectOnceItLived() throws Exception {
    ActorHandle<RemoteActor> any = manta.<RemoteActor>actor(() -> new Teller()).create();
    any.run(actor -> {}).get(SOON);
    assertThat(seen(any).type()).isEqualTo("Teller");
    any.kill();
    assertThat(reason(any)).isEqualTo(Reason.KILLED);
    assertThat(seen(any).type()).isEqualTo("Teller");
  }

  @Test
  void shouldFailAnAskWhoseDeadlineIsOverAndCancelTheCall() {
    ActorHandle<Teller> teller = teller();
    assertThatThrownBy(
            () ->
                teller
                    .ask(Teller::waitAtGate, Duration.ofMillis(50))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("within 50 ms");
    assertThat(teller.call(Teller::balance).get(SOON)).isZero(); // the gate is still shut
  }

  @Test
  void shouldKeepLaterCallsWaitingUntilAStageIsDone() {
    ActorHandle<Teller> teller = teller();
    ObjectRef<String> later = teller.callAsync(actor -> actor.later("to "));
    ObjectRef<Integer> next = teller.call(Teller::balance);
    teller.call(Teller::balance);
    assertThat(next.isDone()).isFalse();
    answer.complete("you");
    assertThat(later.get(SOON)).isEqualTo("to you");
    assertThat(next.get(SOON)).isZero();
  }

  @Test
  void shouldRunLaterCallsMeanwhileWhenAStageIsInterleaved() {
    ActorHandle<Teller> teller = teller();
    ObjectRef<String> later = teller.callAsync(Teller::freely);
    assertThat(teller.call(Teller::balance).get(SOON)).isZero();
    assertThat(later.isDone()).isFalse();
    answer.complete("you");
    assertThat(later.get(SOON)).isEqualTo("you");
  }

  @Test
  void shouldFailInterleavedCallsWhenTheActorIsKilled() throws Exception {
    ActorHandle<Teller> teller = teller();
    ObjectRef<String> later = teller.callAsync(Teller::freely);
    teller.call(Teller::balance).get(SOON);
    teller.kill();
    assertThatThrownBy(() -> later.get(SOON)).isInstanceOf(ActorDiedException.class);
  }

  @Test
  void shouldFinishInterleavedCallsBeforeItStops() throws Exception {
    ActorHandle<Teller> teller = teller();
    ObjectRef<String> later = teller.callAsync(Teller::freely);
    CompletionStage<ActorDiedException> dead = teller.stop(SOON);
    await().until(() -> later.isDone() || SEEN.isEmpty());
    assertThat(dead.toCompletableFuture()).isNotDone();
    answer.complete("you");
    assertThat(later.get(SOON)).isEqualTo("you");
    assertThat(reason(teller)).isEqualTo(Reason.STOPPED);
    assertThat(SEEN).containsExactly("stopped");
  }

  @Test
  void shouldSayHowToGetTheValueOfAStage() {
    assertThatThrownBy(() -> teller().call(actor -> actor.later("")).get(SOON))
        .hasMessageContaining("callAsync");
  }

  @Test
  void shouldFinishAStageThatNeedsTheActorWhileItStopsOrExits() throws Exception {
    ActorHandle<Teller> stopped = teller();
    ObjectRef<String> first = stopped.callAsync(Teller::byWayOfItself);
    stopped.call(Teller::balance).get(SOON);
    CompletionStage<ActorDiedException> dead = stopped.stop(SOON);
    ActorHandle<Teller> exits = teller();
    ObjectRef<String> second = exits.callAsync(Teller::byWayOfItself);
    exits.run(Teller::leave).get(SOON);
    answer.complete("you");
    assertThat(first.get(SOON)).isEqualTo("to you");
    assertThat(second.get(SOON)).isEqualTo("to you");
    assertThat(dead.toCompletableFuture().get(20, TimeUnit.SECONDS).reason())
        .isEqualTo(Reason.STOPPED);
    assertThat(reason(exits)).isEqualTo(Reason.EXITED);
  }

  // Groups

  @Test
  void shouldRunAGroupBesideOtherCalls() {
    ActorHandle<Teller> teller = manta.actor(Teller::new).concurrencyGroup("reads", 2).create();
    ObjectRef<Boolean> busy = teller.call(Teller::waitAtGate);
    await().until(() -> SEEN.contains("at the gate"));
    assertThat(teller.inGroup("reads").call(Teller::balance).get(SOON)).isZero();
    assertThat(busy.isDone()).isFalse();
    gate.countDown();
    assertThat(busy.get(SOON)).isTrue();
  }

  @Test
  void shouldKeepToTheLimitOfAGroup() {
    ActorHandle<Teller> teller = manta.actor(Teller::new).concurrencyGroup("slow", 2).create();
    var calls = new ArrayList<ObjectRef<Boolean>>();
    for (int i = 0; i < 5; i++) {
      calls.add(teller.inGroup("slow").call(Teller::waitAtGate));
    }
    await().until(() -> SEEN.size() == 2);
    teller.call(Teller::balance).get(SOON);
    assertThat(SEEN).hasSize(2);
    gate.countDown();
    manta.get(calls);
    assertThat(SEEN).hasSize(5);
  }

  @Test
  void shouldNameTheGroupsThatThereAreWhenACallIsInAnother() {
    ActorHandle<Teller> teller = manta.actor(Teller::new).concurrencyGroup("reads", 2).create();
    assertThatThrownBy(() -> teller.inGroup("writes").call(Teller::balance).get(SOON))
        .rootCause()
        .hasMessageContaining("no concurrency group 'writes'")
        .hasMessageContaining("[reads]");
  }

  @Test
  void shouldStopAfterTheCallsOfItsGroups() throws Exception {
    ActorHandle<Teller> teller = manta.actor(Teller::new).concurrencyGroup("slow", 1).create();
    ObjectRef<Boolean> busy = teller.inGroup("slow").call(Teller::waitAtGate);
    await().until(() -> SEEN.contains("at the gate"));
    CompletionStage<ActorDiedException> dead = teller.stop(SOON);
    assertThat(dead.toCompletableFuture()).isNotDone();
    gate.countDown();
    assertThat(busy.get(SOON)).isTrue();
    assertThat(reason(teller)).isEqualTo(Reason.STOPPED);
  }

  // Timers

  @Test
  void shouldRunATimerAsACall() {
    ActorHandle<Teller> teller = teller();
    teller.run(actor -> actor.after(Duration.ofMinutes(1), "due")).get(SOON);
    time.advance(Duration.ofSeconds(59));
    teller.call(Teller::balance).get(SOON);
    assertThat(SEEN).isEmpty();
    time.advance(Duration.ofSeconds(1));
    teller.call(Teller::balance).get(SOON);
    assertThat(SEEN).containsExactly("due");
    time.advance(Duration.ofHours(1));
    assertThat(time.waiting()).isZero();
  }

  @Test
  void shouldRunAPeriodicTimerUntilTheActorIsDead() throws Exception {
    ActorHandle<Teller> teller = teller();
    teller.run(actor -> actor.every(Duration.ofMinutes(1), "tick")).get(SOON);
    for (int i = 1; i <= 3; i++) {
      await().until(() -> time.waiting() == 1);
      time.advance(Duration.ofMinutes(1));
      int ticks = i;
      await().until(() -> SEEN.size() == ticks);
    }
    teller.kill();
    death(teller);
    await().until(() -> time.waiting() == 0);
  }

  @Test
  void shouldGoOnWithAPeriodicTimerThatFailed() {
    teller().run(actor -> actor.failing(Duration.ofMinutes(1))).get(SOON);
    for (int i = 1; i <= 2; i++) {
      await().until(() -> time.waiting() == 1);
      time.advance(Duration.ofMinutes(1));
      int ticks = i;
      await().until(() -> SEEN.size() == ticks);
    }
  }

  @Test
  void shouldRefuseTimersThatWouldSpin() {
    ActorHandle<Teller> teller = teller();
    assertThatThrownBy(() -> teller.call(actor -> actor.every(Duration.ZERO, "x") == null).get())
        .rootCause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a period of PT0S must be more than 0");
    assertThatThrownBy(() -> teller.run(actor -> actor.after(Duration.ofMillis(-1), "x")).get())
        .rootCause()
        .hasMessage("a delay of PT-0.001S must be 0 or more");
  }

  @Test
  void shouldNotRunATimerThatWasCancelled() {
    ActorHandle<Teller> teller = teller();
    teller
        .run(
            actor -> {
              ActorContext.Timer timer = actor.every(Duration.ofMinutes(1), "tick");
              timer.cancel();
            })
        .get(SOON);
    assertThat(time.waiting()).isZero();
  }

  // Streams

  static class Reader extends RemoteActor {
    private int read;

    void count(int to, io.manta.core.Emitter<Integer> emitter) {
      for (int i = 0; i < to; i++) {
        emitter.emit(i);
        read++;
      }
    }

    int read() {
      return read;
    }
  }

  @Test
  void shouldGiveManyValuesWhileItRuns() {
    ActorHandle<Reader> reader = manta.actor(Reader::new).create();
    try (RefStream<Integer> numbers = reader.stream((actor, out) -> actor.count(1000, out))) {
      assertThat(numbers.values().toList()).hasSize(1000).startsWith(0, 1, 2).endsWith(999);
    }
  }

  @Test
  void shouldWaitForItsConsumerAndEndWhenThatCloses() {
    ActorHandle<Reader> reader = manta.actor(Reader::new).concurrencyGroup("state", 1).create();
    try (RefStream<Integer> numbers =
        reader.stream((actor, out) -> actor.count(Integer.MAX_VALUE, out), 8)) {
      assertThat(numbers.values().limit(20).toList()).hasSize(20);
      await().until(() -> reader.inGroup("state").call(Reader::read).get(SOON) >= 20);
      assertThat(reader.inGroup("state").call(Reader::read).get(SOON)).isLessThan(50);
    }
    assertThat(reader.call(Reader::read).get(SOON)).isLessThan(50);
  }

  @Test
  void shouldFailAStreamWhoseActorDies() {
    ActorHandle<Reader> reader = manta.actor(Reader::new).create();
    RefStream<Integer> numbers = reader.stream((actor, out) -> actor.count(Integer.MAX_VALUE, out));
    assertThatThrownBy(
            () ->
                numbers
                    .values()
                    .forEach(
                        number -> {
                          if (number == 10) {
                            reader.kill();
                          }
                        }))
        .isInstanceOf(ActorDiedException.class);
  }

  // Ends

  @Test
  void shouldRunCallsThatItHasBeforeItStops() throws Exception {
    ActorHandle<Teller> teller = teller();
    var calls = new ArrayList<ObjectRef<Integer>>();
    for (int i = 0; i < 100; i++) {
      calls.add(teller.call(actor -> actor.deposit(1)));
    }
    teller.stop(SOON);
    assertThat(calls.getLast().get(SOON)).isEqualTo(100);
    assertThat(reason(teller)).isEqualTo(Reason.STOPPED);
    assertThat(SEEN).containsExactly("stopped");
    assertThatThrownBy(() -> teller.call(Teller::balance).get(SOON))
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("it was stopped");
  }

  @Test
  void shouldAnswerACallThatIsDeafToItsInterruptWhenTheActorIsKilled() throws Exception {
    ActorHandle<Teller> teller = teller();
    ObjectRef<Boolean> deaf = teller.call(Teller::spinAtGate);
    ObjectRef<Integer> waiting = teller.call(Teller::balance);
    await().until(() -> SEEN.contains("deaf"));
    teller.kill();
    for (ObjectRef<?> call : List.of(deaf, waiting)) {
      assertThatThrownBy(() -> call.get(Duration.ofSeconds(20)))
          .isInstanceOfSatisfying(
              ActorDiedException.class, died -> assertThat(died.reason()).isEqualTo(Reason.KILLED));
    }
  }

  /// Who is called back may need another lock, whose holder waits for this one.
  @Test
  void shouldCallBackWithoutItsLockWhenACallIsRefused() {
    ActorHandle<Teller> teller = teller();
    teller.call(Teller::balance).get();
    var runtime = (MantaRuntime) manta;
    ActorClient client = runtime.actors().client(teller.id());
    var locked = new CompletableFuture<Boolean>();
    Ref<Object> refused = runtime.newRef();
    refused.whenDone((value, failure) -> locked.complete(Thread.holdsLock(client)));
    RemoteFunction<Teller, Object> method = Teller::balance;
    Capture body = runtime.objects().capture(method, runtime.codec(), false);
    client.send(body, refused, "no such group", null);
    assertThat(locked.join()).isFalse();
  }

  private Actors internals() {
    return ((MantaRuntime) manta).actors();
  }

  private Message.CreateActor start(ActorHandle<?> actor, int incarnation) {
    ActorCell.Spec spec = internals().hosted(actor.id()).spec();
    return new Message.CreateActor(
        spec.id(),
        incarnation,
        spec.id().slot(),
        "",
        spec.job(),
        "Teller",
        Payload.of(new byte[0]),
        spec.options(),
        spec.setting().encode(((MantaRuntime) manta).codec()),
        Optional.empty());
  }

  @Test
  void shouldEndAnEarlierIncarnationThatALaterOneFindsHere() {
    ActorHandle<Teller> teller = teller();
    teller.call(Teller::balance).get();
    ActorCell first = internals().hosted(teller.id());
    internals().host(manta.id(), start(teller, 3));
    await().until(first::isDead);
  }

  @Test
  void shouldNotStartAnEarlierIncarnationBesideALaterOne() {
    ActorHandle<Teller> teller = teller();
    teller.call(actor -> actor.deposit(5)).get();
    internals().host(manta.id(), start(teller, 0));
    assertThat(teller.call(Teller::balance).get()).isEqualTo(5);
    await().until(() -> manta.availableResources().equals(manta.clusterResources()));
  }

  @Test
  void shouldOnlyKillTheIncarnationThatIsMeant() throws Exception {
    ActorHandle<Teller> teller = teller();
    teller.call(actor -> actor.deposit(5)).get();
    var late = new Message.ActorStarted(teller.id(), 7, "Teller");
    internals().owned().started(manta.id(), late); // has that one killed
    awaitShell();
    assertThat(internals().hosted(teller.id())).isNotNull().matches(ActorCell::isAlive);
    assertThat(teller.call(Teller::balance).get()).isEqualTo(5);
  }

  @Test
  void shouldDieWithANodeThatDiesUnderItsConstructor() throws Exception {
    ActorHandle<Teller> teller =
        manta
            .actor(
                () -> {
                  gate.await();
                  return new Teller();
                })
            .create();
    internals().owned().nodeDied(manta.id(), "its process ended");
    assertThat(reason(teller)).isEqualTo(Reason.NODE_DIED);
    gate.countDown();
  }

  @Test
  void shouldTellWhoTakesOverThatTheIncarnationItStartsIsThere() throws Exception {
    ActorHandle<Teller> teller = teller();
    teller.call(actor -> actor.deposit(5)).get();
    OwnedActor owned = internals().owned().get(teller.id());
    synchronized (owned) {
      owned.state = OwnedActor.State.PENDING; // as it is where its start was not heard of
    }
    internals().owned().placement().place(owned);
    await().until(() -> owned.info(Optional.empty()).state() == ActorInfo.State.ALIVE);
    assertThat(teller.call(Teller::balance).get(SOON)).isEqualTo(5);
  }

  @Test
  void shouldLookForAnActorThatAnotherDirectsNow() {
    ActorHandle<Teller> teller = manta.actor(Teller::new).cpus(64).detached().create();
    ObjectRef<Integer> waiting = teller.call(Teller::balance);
    internals().owned().handOver(teller.id());
    assertThatThrownBy(() -> waiting.get(SOON)) // there is no other
        .isInstanceOf(ActorDiedException.class);
  }

  /// Until the only actor's shell has done what it was told before.
  private void awaitShell() throws Exception {
    ((MantaRuntime) manta)
        .system()
        .actorSelection("/user/slot-*/*")
        .resolveOne(SOON)
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
  }

  @Test
  void shouldKillWhatDoesNotStopByItsDeadline() throws Exception {
    ActorHandle<Teller> teller = teller();
    ObjectRef<Boolean> busy = teller.call(Teller::waitAtGate);
    await().until(() -> SEEN.contains("at the gate"));
    ActorDiedException death =
        teller.stop(Duration.ofMillis(50)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    assertThat(death.reason()).isEqualTo(Reason.KILLED);
    assertThatThrownBy(() -> busy.get(SOON)).isInstanceOf(ActorDiedException.class);
  }

  @Test
  void shouldAnswerTheCallThatExitsAndFailThoseThatWait() throws Exception {
    ActorHandle<Teller> teller = teller();
    ObjectRef<Boolean> first = teller.call(Teller::waitAtGate);
    var exit = teller.run(Teller::leave);
    ObjectRef<Integer> waiting = teller.call(Teller::balance);
    gate.countDown();
    assertThat(first.get(SOON)).isTrue();
    exit.get(SOON);
    assertThatThrownBy(() -> waiting.get(SOON))
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("it called exit()");
    assertThat(reason(teller)).isEqualTo(Reason.EXITED);
    assertThat(SEEN).containsExactly("at the gate", "stopped");
  }

  @Test
  void shouldEndChildrenWithTheirParent() throws Exception {
    ActorHandle<Teller> parent = teller();
    ActorHandle<Teller> child = parent.call(Teller::child).get(SOON);
    assertThat(child.call(actor -> actor.deposit(1)).get(SOON)).isEqualTo(1);
    parent.kill();
    assertThat(reason(parent)).isEqualTo(Reason.KILLED);
    assertThat(death(child).reason()).isEqualTo(Reason.STOPPED);
    assertThat(death(child))
        .hasMessageContaining("its parent")
        .hasMessageContaining(parent.id() + "");
    assertThat(SEEN).containsExactly("stopped"); // the child's own
  }

  @Test
  void shouldTellAnActorOfAnothersDeathAsACall() {
    ActorHandle<Teller> watcher = teller();
    ActorHandle<Teller> other = teller();
    watcher.run(actor -> actor.watch(other)).get(SOON);
    other.kill();
    await().until(() -> SEEN.contains("saw KILLED"));
  }

  @Test
  void shouldTellOfADeathThatWasBefore() throws Exception {
    ActorHandle<Teller> teller = teller();
    teller.kill();
    assertThat(reason(teller)).isEqualTo(Reason.KILLED);
    assertThat(reason(teller)).isEqualTo(Reason.KILLED);
  }

  @Test
  void shouldSayThatTheConstructorFailed() throws Exception {
    ActorHandle<Teller> failed =
        manta
            .<Teller>actor(
                () -> {
                  throw new IllegalStateException("no database");
                })
            .create();
    assertThat(reason(failed)).isEqualTo(Reason.CONSTRUCTOR_FAILED);
    assertThat(death(failed)).hasRootCauseMessage("no database");
  }

  @Test
  void shouldEndWithItsLastHandleWhenAsked() {
    ActorHandle<Teller> keeper = teller();
    var kept = new ArrayList<ActorHandle<Teller>>();
    ActorId id = createCounted(kept);
    kept.getFirst().call(Teller::balance).get(SOON);
    collect();
    assertThat(((MantaRuntime) manta).actors().hosted(id)).isNotNull();
    kept.clear();
    await()
        .atMost(SOON)
        .until(
            () -> {
              collect();
              return SEEN.contains("stopped");
            });
    assertThatThrownBy(
            () -> new Handle<Teller>(id, (MantaRuntime) manta).call(Teller::balance).get(SOON))
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("nothing had a handle to it any more");
    assertThat(keeper.call(Teller::balance).get(SOON)).isZero();
  }

  private ActorId createCounted(List<ActorHandle<Teller>> kept) {
    ActorHandle<Teller> counted = manta.actor(Teller::new).endsWithHandles().create();
    kept.add(counted);
    return counted.id();
  }

  private static void collect() {
    System.gc();
  }

  @Test
  void shouldSayThatAConstructorDoesNotReturn() {
    CountDownLatch shut = gate;
    ActorHandle<Teller> stuck =
        manta
            .actor(
                () -> {
                  awaitGate();
                  return new Teller();
                })
            .create();
    assertThatThrownBy(
            () ->
                stuck
                    .ask(Teller::balance, Duration.ofMillis(200))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("its constructor or onStart has run for")
        .hasMessageContaining(manta.id().toString());
    shut.countDown();
    assertThat(stuck.call(Teller::balance).get(SOON)).isZero();
  }

  @Test
  void shouldEndAStartThatTakesLongerThanItMay() throws Exception {
    ActorHandle<WaitingActor> stuck =
        manta.actor(WaitingActor::late).startTimeout(Duration.ofMillis(50)).maxRestarts(5).create();
    ObjectRef<Void> early = stuck.run(WaitingActor::hold);
    assertThat(reason(stuck)).isEqualTo(Reason.CONSTRUCTOR_FAILED);
    assertThat(death(stuck))
        .hasMessageContaining("within its startTimeout of 50 ms: it is at ")
        .hasMessageContaining("io.manta.actors.WaitingActor.late(WaitingActor.java:")
        .hasMessageContaining(manta.id().toString());
    assertThatThrownBy(() -> early.get(SOON)).isInstanceOf(ActorDiedException.class);
  }

  @Test
  void shouldGiveBackWhatADeafStartWasPlacedWith() throws Exception {
    try (Manta small = Manta.start(MantaConfig.defaults().withCpus(1))) {
      ActorHandle<Teller> deaf =
          small.actor(ActorsTest::deafTeller).startTimeout(Duration.ofMillis(50)).create();
      ActorHandle<Teller> next = small.actor(Teller::new).create();
      assertThat(next.call(Teller::balance).get(SOON)).isZero();
      assertThat(reason(deaf)).isEqualTo(Reason.CONSTRUCTOR_FAILED);
      gate.countDown();
    }
  }

  @Test
  void shouldRefuseADeadlineThatIsOver() {
    ActorHandle<Teller> teller = teller();
    for (Duration deadline : List.of(Duration.ZERO, Duration.ofSeconds(-1))) {
      assertThatThrownBy(() -> teller.ask(Teller::balance, deadline))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("within " + deadline);
    }
  }

  @Test
  void shouldLiveOnWhenItStartedInTime() throws Exception {
    ActorHandle<Teller> teller =
        manta.actor(Teller::new).startTimeout(Duration.ofSeconds(30)).create();
    assertThat(teller.call(Teller::balance).get(SOON)).isZero();
  }

  private static Teller deafTeller() {
    boolean open = false;
    while (!open) {
      try {
        open = gate.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        // deaf
      }
    }
    return new Teller();
  }

  private static void awaitGate() throws InterruptedException {
    gate.await(30, TimeUnit.SECONDS);
  }

  // Warnings

  private static void logged(Class<?> by, Runnable story, String... parts) {
    var lines = new ListAppender<ILoggingEvent>();
    var log = (Logger) LoggerFactory.getLogger(by);
    lines.start();
    log.addAppender(lines);
    try {
      story.run();
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(List.copyOf(lines.list))
                      .anySatisfy(line -> assertThat(line.getFormattedMessage()).contains(parts)));
    } finally {
      log.detachAppender(lines);
    }
  }

  @Test
  void shouldWarnOfAnActorThatDoesNotKeepUp() {
    ActorHandle<Teller> teller = teller();
    teller.call(Teller::waitAtGate);
    logged(
        ActorCell.class,
        () -> {
          for (int i = 0; i < 17_000; i++) {
            teller.tell(Teller::balance);
          }
        },
        "actor Teller (" + teller.id() + ")",
        "has 16384 calls waiting");
    gate.countDown();
  }

  private static Manta impatient() {
    return Manta.start(
        MantaConfig.defaults().withCpus(2).withSlowCallWarning(Duration.ofMillis(100)));
  }

  @Test
  void shouldWarnOfACallThatKeepsOthersWaiting() {
    try (Manta impatient = impatient()) {
      ActorHandle<WaitingActor> actor = impatient.actor(WaitingActor::new).create();
      logged(
          Carriers.class,
          () -> actor.run(WaitingActor::hold),
          "a call on actor WaitingActor (" + actor.id() + ") has run for",
          "keeps later ones waiting",
          "io.manta.actors.WaitingActor.hold(WaitingActor.java:");
      WaitingActor.open();
    }
  }

  @Test
  void shouldWarnOfAStartThatTakesLong() {
    try (Manta impatient = impatient()) {
      logged(
          Carriers.class,
          () -> impatient.actor(WaitingActor::late).create(),
          "the start of actor ",
          "keeps what it was placed with",
          "io.manta.actors.WaitingActor.late(WaitingActor.java:",
          "startTimeout(...) bounds a start");
      WaitingActor.open();
    }
  }

  @Test
  void shouldWarnOfAnEndThatTakesLong() {
    try (Manta impatient = impatient()) {
      ActorHandle<WaitingActor> actor = impatient.actor(WaitingActor::new).create();
      logged(
          Carriers.class,
          () -> actor.stop(SOON),
          "onStop of actor WaitingActor (" + actor.id() + ") has run for",
          "io.manta.actors.WaitingActor.onStop(WaitingActor.java:");
      WaitingActor.open();
    }
  }

  @Test
  void shouldSayOfSlowCodeInAnotherProcessThatItIsThere() {
    try (Manta impatient = impatient()) {
      ActorHandle<WaitingActor> actor = impatient.actor(WaitingActor::new).isolated().create();
      logged(
          Carriers.class,
          () -> actor.run(WaitingActor::hold),
          "a call on actor ",
          "it is at a place in its own process");
      actor.kill();
    }
  }

  @Test
  void shouldNotWarnOfADeafStartWhoseActorIsDead() throws Exception {
    try (Manta impatient = impatient()) {
      ActorHandle<Teller> deaf =
          impatient.actor(ActorsTest::deafTeller).startTimeout(Duration.ofMillis(50)).create();
      assertThat(reason(deaf)).isEqualTo(Reason.CONSTRUCTOR_FAILED);
      var lines = new ListAppender<ILoggingEvent>();
      var log = (Logger) LoggerFactory.getLogger(Carriers.class);
      lines.start();
      log.addAppender(lines);
      try {
        awaitWarning(impatient, lines);
        awaitWarning(impatient, lines); // by when all that runs was looked at
      } finally {
        log.detachAppender(lines);
      }
      assertThat(List.copyOf(lines.list))
          .noneSatisfy(
              line -> assertThat(line.getFormattedMessage()).contains(deaf.id().toString()));
      gate.countDown();
      WaitingActor.open();
    }
  }

  private static void awaitWarning(Manta impatient, ListAppender<ILoggingEvent> lines) {
    ActorHandle<WaitingActor> slow = impatient.actor(WaitingActor::new).create();
    slow.run(WaitingActor::hold);
    await()
        .atMost(SOON)
        .until(
            () ->
                List.copyOf(lines.list).stream()
                    .anyMatch(line -> line.getFormattedMessage().contains(slow.id().toString())));
  }

  // Names

  @Test
  void shouldKeepNamesOfNamespacesApart() {
    ActorHandle<Teller> here = manta.actor(Teller::new).named("cash").create();
    ActorHandle<Teller> there = manta.actor(Teller::new).named("cash").namespace("branch").create();
    here.call(Teller::balance).get(SOON);
    there.call(Teller::balance).get(SOON);
    assertThat(manta.find("cash", Teller.class)).contains(here);
    assertThat(manta.find("branch", "cash", Teller.class)).contains(there);
    assertThat(manta.find("elsewhere", "cash", Teller.class)).isEmpty();
  }

  @Test
  void shouldGiveTheLivingActorOfANameWhenAsked() throws Exception {
    var handles = new CopyOnWriteArrayList<ActorHandle<Teller>>();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < 8; i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> handles.add(manta.actor(Teller::new).named("cash").getIfExists().create())));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(handles).hasSize(8).containsOnly(handles.getFirst());
    handles.forEach(handle -> handle.call(actor -> actor.deposit(1)));
    await()
        .untilAsserted(
            () -> assertThat(handles.getFirst().call(Teller::balance).get(SOON)).isEqualTo(8));
    handles.getFirst().kill();
    ActorHandle<Teller> next = manta.actor(Teller::new).named("cash").getIfExists().create();
    assertThat(next).isNotEqualTo(handles.getFirst());
    assertThat(next.call(Teller::balance).get(SOON)).isZero();
  }

  @Test
  void shouldSayThatANameIsTaken() throws Exception {
    ActorHandle<Teller> first = manta.actor(Teller::new).named("cash").create();
    ActorHandle<Teller> second = manta.actor(Teller::new).named("cash").create();
    assertThat(reason(second)).isEqualTo(Reason.NAME_TAKEN);
    assertThat(death(second)).hasMessageContaining("'cash' is taken by " + first.id());
  }

  @Test
  void shouldRefuseGetIfExistsWithoutAName() {
    assertThatThrownBy(() -> manta.actor(Teller::new).getIfExists().create())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("named(...)");
  }

  // Placing

  @Test
  void shouldNeedOtherResourcesToBePlacedThanToLive() {
    ActorHandle<Teller> first =
        manta.actor(Teller::new).cpus(0.5).placedWith(Resources.cpus(2)).create();
    first.call(Teller::balance).get(SOON);
    assertThat(manta.availableResources().cpus()).isEqualTo(1.5);
    ActorHandle<Teller> second =
        manta.actor(Teller::new).cpus(0.5).placedWith(Resources.cpus(2)).create();
    var waits = second.call(Teller::balance);
    assertThatThrownBy(() -> waits.get(Duration.ofMillis(50)))
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("2");
    first.kill();
    assertThat(waits.get(SOON)).isZero();
  }

  @Test
  void shouldFindACallToItselfThatCanNeverEnd() {
    var failure = new AtomicReference<Throwable>();
    try {
      teller().call(Teller::callSelf).get(SOON);
    } catch (RuntimeException e) {
      failure.set(e);
    }
    assertThat(failure.get()).rootCause().hasMessageContaining("which can never be");
  }

  @Test
  void shouldBeAPlainObjectInATest() {
    var teller = new Teller();
    assertThat(teller.deposit(5)).isEqualTo(5);
    answer.complete("you");
    assertThat(teller.freely().toCompletableFuture().join()).isEqualTo("you");
  }
}
