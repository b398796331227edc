package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.GroupNames;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.TaskId;
import io.manta.core.TaskOptions;
import io.manta.scheduler.Shape;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LeaseTableTest {
  private static volatile CompletableFuture<Thread> runs = new CompletableFuture<>();
  private static volatile CountDownLatch goOn = new CountDownLatch(1);
  private static final CyclicBarrier MEETING = new CyclicBarrier(2);

  /// Keeps what the node tells the holder of its leases, which is the node itself; its actors live
  /// longer than the runtime.
  private static final class Recorder implements PekkoHost {
    private final EmbeddedHost host;
    private final List<Message> told = new CopyOnWriteArrayList<>();

    Recorder(MantaRuntime runtime) {
      host = new EmbeddedHost(runtime);
    }

    @Override
    public Cluster cluster() {
      return host.cluster();
    }

    @Override
    public ActorSystem actors() {
      return host.actors();
    }

    @Override
    public Submissions submissions() {
      return host.submissions();
    }

    @Override
    public boolean dropWaiting(TaskId task) {
      return false;
    }

    @Override
    public void reclaim() {}

    @Override
    public void receive(NodeId from, Message message) {
      told.add(message);
    }

    @Override
    public void close() {}
  }

  private final NodeId id = NodeId.random();
  private final Recorder[] recorder = new Recorder[1];
  private final MantaRuntime runtime =
      new MantaRuntime(
          MantaConfig.defaults().withCpus(2),
          id,
          false,
          made -> {
            recorder[0] = new Recorder(made);
            return recorder[0];
          });
  private final LeaseTable table = new LeaseTable(runtime);
  private final Shape shape = Shape.of(runtime.job(), Resources.cpus(1));

  @AfterEach
  void close() {
    runtime.close();
    recorder[0].host.close();
  }

  private List<Message> told() {
    return recorder[0].told;
  }

  private long lease() {
    return lease(1);
  }

  private long lease(int slots) {
    table.reserve(new Message.Reserve(id, shape, slots, 0));
    return ((Message.LeaseGranted) told().getLast()).lease();
  }

  /// Runs one, which waits to go on.
  private Thread run(RemoteCallable<String> body) {
    runs = new CompletableFuture<>();
    goOn = new CountDownLatch(1);
    RemoteCallable<String> waiting =
        () -> {
          runs.complete(Thread.currentThread());
          goOn.await();
          return body.call();
        };
    send(lease(), waiting);
    return runs.join();
  }

  private void send(long lease, RemoteCallable<String> body) {
    send(lease, 1, body);
  }

  private void send(long lease, long number, RemoteCallable<String> body) {
    send(lease, number, body, Setting.NONE.encode(runtime.codec()));
  }

  private void send(long lease, long number, RemoteCallable<String> body, byte[] setting) {
    Payload payload = Payload.encode(body, runtime.codec());
    var task =
        new Message.RunTask(
            lease,
            new TaskId(id, number),
            1,
            runtime.job(),
            "task",
            0,
            true,
            setting,
            payload,
            List.of());
    table.run(id, task);
  }

  @Test
  void shouldTellHowATaskEnded() throws Exception {
    Thread succeeds = run(() -> "a value");
    goOn.countDown();
    succeeds.join();
    assertThat(told().getLast())
        .isInstanceOfSatisfying(
            Message.TaskDone.class, done -> assertThat(done.result().failed()).isFalse());

    Thread fails = run(LeaseTableTest::fail);
    goOn.countDown();
    fails.join();
    assertThat(told().getLast())
        .isInstanceOfSatisfying(
            Message.TaskDone.class, done -> assertThat(done.result().failed()).isTrue());
  }

  @Test
  void shouldStartWhatLostItsSlotAsSoonAsAnotherLeaseDoesNothing() {
    run(() -> "holds a cpu");
    long lease = lease();
    table.reclaim();
    assertThat(runtime.admission().tryTake(shape)).isTrue(); // somebody else has the other cpu
    send(lease, 2, () -> "waits");
    assertThat(told()).doesNotHaveAnyElementsOfTypes(Message.TaskDone.class);
    goOn.countDown();

    await()
        .untilAsserted(
            () ->
                assertThat(told())
                    .filteredOn(Message.TaskDone.class::isInstance)
                    .extracting(told -> ((Message.TaskDone) told).task().number())
                    .containsExactlyInAnyOrder(1L, 2L));
  }

  private static String fail() throws IOException {
    throw new IOException("no luck");
  }

  /// As when it ends between the closing of its node and its own cancel.
  @Test
  void shouldNotTellWhatATaskMakesOfTheClosingOfItsNode() throws Exception {
    Thread succeeds = run(() -> "what it returns for want of its child");
    closeUnnoticed();
    goOn.countDown();
    succeeds.join();

    assertThat(told()).doesNotHaveAnyElementsOfTypes(Message.TaskDone.class);
  }

  @Test
  void shouldNotTellAFailureThatMayComeOfTheClosingOfItsNode() throws Exception {
    Thread fails = run(LeaseTableTest::fail);
    closeUnnoticed();
    goOn.countDown();
    fails.join();

    assertThat(told()).doesNotHaveAnyElementsOfTypes(Message.TaskDone.class);
  }

  /// Another is cancelled in the task's place.
  private void closeUnnoticed() {
    var context =
        new TaskContext(
            new TaskId(id, 1),
            1,
            id,
            runtime.job(),
            "task",
            Optional.empty(),
            List.of(),
            Optional.empty());
    var other =
        Capture.of(Payload.encode((RemoteCallable<String>) () -> "", runtime.codec()), "other");
    Execution cancelled =
        runtime
            .tasks()
            .execution(
                new Attempt(context, runtime.codec(), other, 0, Resources.NONE, Setting.NONE, true),
                new SubmittedTask(runtime, TaskOptions.defaults(), other, runtime.newRef()));
    runtime.close();
    assertThat(cancelled.isCancelled()).isTrue();
  }

  @Test
  void shouldRecallLeasesThatAreNewAndBusyToo() throws Exception {
    Thread runsOn = run(() -> "a value");
    long idle = lease();

    table.recallAll();

    assertThat(told()).contains(new Message.RecallLease(idle - 1), new Message.RecallLease(idle));
    goOn.countDown();
    runsOn.join();
    assertThat(told().getLast()).isInstanceOf(Message.TaskDone.class);
    table.returned(idle - 1);
    table.returned(idle);
    var ledger = runtime.admission().ledger();
    assertThat(ledger.available()).isEqualTo(ledger.total());
  }

  /// As when its node is short of memory: its holder may not return it for long.
  @Test
  void shouldNotKeepSlotsForARecalledLeaseThatStillRunsATask() {
    goOn = new CountDownLatch(1);
    var ledger = runtime.admission().ledger();
    send(lease(2), () -> wait("slow"));

    table.recallAll();
    table.reclaim();
    assertThat(ledger.available().cpus()).isEqualTo(1);

    goOn.countDown();
    await().until(() -> ledger.available().equals(ledger.total()));
  }

  @Test
  void shouldSendBackWhatWaitsForATaskThatTakesLong() {
    goOn = new CountDownLatch(1);
    long lease = lease();
    send(lease, 1, () -> wait("slow"));
    send(lease, 2, () -> "sent ahead");
    table.tick();
    assertThat(told()).doesNotHaveAnyElementsOfTypes(Message.TaskRefused.class);

    await()
        .until(
            () -> {
              table.tick();
              return told().getLast() instanceof Message.TaskRefused;
            });
    assertThat(told().getLast())
        .isEqualTo(new Message.TaskRefused(lease, new TaskId(id, 2), 1, true));
    goOn.countDown();
    table.returned(lease);
    var ledger = runtime.admission().ledger();
    await().until(() -> ledger.available().equals(ledger.total()));
  }

  @Test
  void shouldNotRunWhatComesOnceItsNodeIsClosed() {
    long lease = lease();
    runs = new CompletableFuture<>();
    runtime.close();

    send(
        lease,
        () -> {
          runs.complete(Thread.currentThread());
          return "a value";
        });

    table.returned(lease);
    var ledger = runtime.admission().ledger();
    await().until(() -> ledger.available().equals(ledger.total()));
    assertThat(runs).isNotDone();
    assertThat(told().getLast()).isInstanceOf(Message.TaskRefused.class);
  }

  @Test
  void shouldGrantNothingOnceItsNodeCloses() {
    runtime.close();

    table.reserve(new Message.Reserve(id, shape, 1, 0));

    assertThat(told()).isEmpty();
  }

  private static String meet() throws Exception {
    MEETING.await();
    return "met";
  }

  private static String wait(String result) throws InterruptedException {
    goOn.await();
    return result;
  }

  @Test
  void shouldGiveASlotThatBecomesFreeToWhatABlockedTaskWaitsFor() {
    goOn = new CountDownLatch(1);
    MEETING.reset();
    long lease = lease(2);
    send(lease, 1001, () -> wait("other"));
    send(
        lease,
        1002,
        () -> {
          Manta here = Manta.current();
          here.get(List.of(here.submit(() -> meet()), here.submit(() -> meet())));
          return "parent";
        });
    await().until(() -> runtime.admission().waiting(shape) == 1); // one child runs, the other waits

    goOn.countDown();

    await().until(() -> told().stream().filter(Message.TaskDone.class::isInstance).count() == 2);
  }

  @Test
  void shouldTakeFreeSlotsOfARecalledLeaseBackWhileATaskRunsUnderIt() {
    goOn = new CountDownLatch(1);
    send(lease(2), () -> wait("slow"));
    assertThat(runtime.availableResources().cpus()).isZero();
    runtime.submit(() -> "waits for a slot");

    await()
        .untilAsserted(
            () -> {
              table.recall();
              assertThat(runtime.admission().ledger().available().cpus()).isEqualTo(1);
            });

    goOn.countDown();
    await().until(() -> told().stream().anyMatch(Message.TaskDone.class::isInstance));
    assertThat(runtime.admission().ledger().available().cpus()).isEqualTo(2);
  }

  @Test
  void shouldTellHowLongATaskRanWithoutItsWaits() throws Exception {
    goOn = new CountDownLatch(1);
    long started = System.nanoTime();
    send(
        lease(),
        () -> {
          Manta here = Manta.current();
          return here.get(List.of(here.submit(() -> wait("child")))).getFirst();
        });
    // both cpus are free for others but for that of the child
    await().until(() -> runtime.admission().ledger().available().cpus() == 1 && childWaits());
    long waiting = System.nanoTime();

    await().pollDelay(Duration.ofMillis(300)).until(this::childWaits);

    long waited = System.nanoTime() - waiting;
    goOn.countDown();
    await().until(() -> told().getLast() instanceof Message.TaskDone);
    long all = System.nanoTime() - started;
    assertThat(((Message.TaskDone) told().getLast()).nanos()).isBetween(1L, all - waited);
  }

  private boolean childWaits() {
    return goOn.getCount() == 1 && runtime.admission().waiting(shape) == 0;
  }

  @Test
  void shouldTellWhenATaskCannotBeMadeAndRunTheNext() {
    long lease = lease();

    send(lease, 1, () -> "never", new byte[] {-1, 7});
    send(lease, 2, () -> "runs");

    await().until(() -> results().size() == 2);
    // told by a thread each, in any order
    assertThat(results())
        .allSatisfy(
            done -> assertThat(done.result().failed()).isEqualTo(done.task().number() == 1));
    assertThat(results()).extracting(done -> done.task().number()).containsOnly(1L, 2L);
    table.returned(lease);
    var ledger = runtime.admission().ledger();
    assertThat(ledger.available()).isEqualTo(ledger.total());
  }

  @Test
  void shouldGiveFreeSlotsBackOnceWhenALeaseIsReturnedWhileTheyAreReclaimed() throws Exception {
    var ledger = runtime.admission().ledger();
    var over = new AtomicBoolean();
    Thread reclaiming =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (!over.get()) {
                    table.reclaim();
                  }
                });
    try {
      for (int i = 0; i < 20_000; i++) {
        table.returned(lease());
      }
    } finally {
      over.set(true);
      reclaiming.join();
    }

    assertThat(ledger.available()).isEqualTo(ledger.total());
  }

  private List<Message.TaskDone> results() {
    return told().stream()
        .filter(Message.TaskDone.class::isInstance)
        .map(Message.TaskDone.class::cast)
        .toList();
  }

  @Test
  void shouldRunNothingMoreUnderALeaseOfAPlacementGroupThatIsRemoved() {
    var names = new GroupNames(new PlacementGroupId(id, 1), "old");
    var ledger = runtime.admission().ledger();
    ledger.add(ledger.reserve(names, Map.of(0, Resources.cpus(1))).orElseThrow());
    Shape shape = Shape.of(runtime.job(), names.asked(OptionalInt.of(0), Resources.cpus(1)));
    table.reserve(new Message.Reserve(id, shape, 1, 0));
    long lease = ((Message.LeaseGranted) told().getLast()).lease();

    ledger.remove(names.group());
    table.groupRemoved(names.group());
    send(lease, () -> "late");
    assertThat(told()).anyMatch(Message.RecallLease.class::isInstance);
    assertThat(told().getLast()).isInstanceOf(Message.TaskRefused.class);
    table.returned(lease);
    assertThat(ledger.available()).isEqualTo(ledger.total());
  }
}
