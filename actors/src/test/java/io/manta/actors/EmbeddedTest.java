package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.ActorDiedException;
import io.manta.core.DataSize;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.ObjectRef;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.Ready;
import io.manta.core.Resources;
import io.manta.core.SerializationException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import io.manta.objects.store.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EmbeddedTest {
  private static final AtomicInteger RUNNING = new AtomicInteger();
  private static final AtomicInteger MOST = new AtomicInteger();
  private static final AtomicInteger ATTEMPTS = new AtomicInteger();
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  private Manta manta;

  @BeforeEach
  void start() {
    manta =
        Manta.start(
            MantaConfig.defaults()
                .withCpus(2)
                .withInfeasibleWarning(Duration.ofMillis(200))
                .withInfeasibleTimeout(Duration.ofSeconds(2)));
    latch = new CountDownLatch(1);
    ATTEMPTS.set(0);
  }

  @AfterEach
  void close() {
    latch.countDown();
    manta.close();
  }

  private void allFree() {
    await()
        .untilAsserted(
            () -> assertThat(manta.availableResources()).isEqualTo(manta.clusterResources()));
  }

  public static class Counter extends RemoteActor {
    private int count;
    private Thread last;

    public int increment() {
      return ++count;
    }

    public int get() {
      return count;
    }

    public void add(int more) {
      count += more;
    }

    int plus(int more) {
      count += more;
      return count;
    }

    int[] array() {
      return new int[] {count};
    }

    String where() {
      return Manta.context().actor().orElseThrow() + " " + self().id();
    }

    int fail() throws IOException {
      throw new IOException("no luck");
    }

    boolean block() throws InterruptedException {
      latch.await();
      return true;
    }
  }

  @Test
  void shouldRunTasksAndKeepTheirOrderOfResults() {
    List<ObjectRef<Integer>> squares =
        IntStream.range(0, 100).mapToObj(i -> manta.submit(() -> i * i)).toList();
    assertThat(manta.get(squares)).element(99).isEqualTo(9801);
    assertThat(manta.submit(() -> {}).get()).isNull();
    allFree();
  }

  @Test
  void shouldPassResultsOfTasksToTasks() {
    ObjectRef<Integer> seven = manta.submit(() -> 7);
    ObjectRef<Integer> square = manta.submit(() -> seven.get() * seven.get());
    List<ObjectRef<Integer>> parts = new ArrayList<>(List.of(seven, square));
    ObjectRef<Integer> sum = manta.submit(() -> parts.stream().mapToInt(ObjectRef::get).sum());
    assertThat(sum.get()).isEqualTo(56);
    ObjectRef<Integer> broken = manta.submit(() -> Integer.parseInt("x"));
    ObjectRef<Integer> dependent = manta.submit(() -> broken.get() + 1);
    assertThatThrownBy(dependent::get)
        .isInstanceOf(TaskFailedException.class)
        .hasCauseInstanceOf(NumberFormatException.class);
  }

  @Test
  void shouldRunNoMoreAtOnceThanTheCpusAllow() {
    RUNNING.set(0);
    MOST.set(0);
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    manta.submit(
                        () -> {
                          MOST.accumulateAndGet(RUNNING.incrementAndGet(), Math::max);
                          Thread.sleep(5);
                          return RUNNING.decrementAndGet();
                        }))
            .toList();
    manta.get(refs);
    assertThat(MOST.get()).isEqualTo(2);
    allFree();
  }

  @Test
  void shouldResumeATaskAheadOfWorkThatCameLater() {
    RUNNING.set(0);
    ObjectRef<Integer> parent =
        manta.submit(
            () -> {
              Manta.current().submit(() -> latch.await(20, TimeUnit.SECONDS)).get();
              return RUNNING.get();
            });
    await().until(() -> manta.availableResources().cpus() == 1); // the parent waits, the child runs
    List<ObjectRef<Integer>> later =
        IntStream.range(0, 1_000)
            .mapToObj(
                i ->
                    manta.submit(
                        () -> {
                          Thread.sleep(1);
                          return RUNNING.incrementAndGet();
                        }))
            .toList();
    latch.countDown();
    assertThat(parent.get(Duration.ofSeconds(20))).isLessThan(later.size());
    assertThat(manta.get(later)).hasSize(later.size());
  }

  @Test
  void shouldGoOnWithTheCallsBehindACancelledOne() {
    ObjectRef<Integer> pending =
        manta.submit(
            () -> {
              latch.await();
              return 1;
            });
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    ObjectRef<Integer> held = counter.call(actor -> actor.plus(pending.get()));
    ObjectRef<Integer> behind = counter.call(Counter::increment);
    held.cancel();
    assertThat(behind.get(Duration.ofSeconds(20))).isEqualTo(1);
    latch.countDown();
    pending.get();
  }

  @Test
  void shouldKeepEveryRecordWhenManyAreWrittenAtOnce() {
    ClusterRecords records = manta.records("race");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        String key = "key-" + i;
        threads.execute(() -> records.put(key, new byte[] {1}));
      }
    }
    assertThat(records.all()).hasSize(200);
  }

  @Test
  void shouldPassAFailureDownALongChainOfTasks() {
    ObjectRef<Integer> last =
        manta.submit(
            () -> {
              latch.await();
              throw new IOException("the root");
            });
    for (int i = 0; i < 20_000; i++) {
      ObjectRef<Integer> previous = last;
      last = manta.submit(() -> previous.get() + 1);
    }
    latch.countDown();
    ObjectRef<Integer> end = last;
    assertThatThrownBy(() -> end.get(Duration.ofSeconds(30))).hasRootCauseMessage("the root");
  }

  static final class Unreadable extends RuntimeException {
    @Override
    public String getMessage() {
      throw new IllegalStateException("no text");
    }
  }

  @Test
  void shouldFailTheCallAloneWhenItsExceptionCannotBeRead() {
    ObjectRef<Integer> task =
        manta.submit(
            () -> {
              throw new Unreadable();
            });
    assertThatThrownBy(() -> task.get(Duration.ofSeconds(20)))
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("Unreadable");
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    ObjectRef<Integer> call =
        counter.call(
            actor -> {
              throw new Unreadable();
            });
    assertThatThrownBy(() -> call.get(Duration.ofSeconds(20)))
        .isInstanceOf(TaskFailedException.class);
    assertThat(counter.call(Counter::increment).get(Duration.ofSeconds(20))).isEqualTo(1);
    counter.kill();
    allFree();
  }

  public static class Noted extends RemoteActor {
    public Noted() {
      RUNNING.incrementAndGet();
    }
  }

  @Test
  void shouldNotConstructAnActorThatWasKilledWhileItWaited() {
    RUNNING.set(0);
    ActorHandle<Counter> first = manta.actor(Counter::new).cpus(2).create();
    first.call(Counter::increment).get();
    ActorHandle<Noted> waiting = manta.actor(Noted::new).cpus(1).create();
    waiting.kill();
    first.kill();
    allFree();
    assertThat(manta.submit(() -> 1).get()).isEqualTo(1);
    assertThat(RUNNING.get()).isZero();
  }

  @Test
  void shouldGiveResourcesBackWhileATaskWaits() {
    ObjectRef<Integer> result = manta.submit(() -> fibonacci(Manta.current(), 12));
    assertThat(result.get(Duration.ofSeconds(30))).isEqualTo(144);
    allFree();
  }

  private static int fibonacci(Manta manta, int n) {
    if (n < 2) {
      return n;
    }
    ObjectRef<Integer> left = manta.submit(() -> fibonacci(manta, n - 1));
    ObjectRef<Integer> right = manta.submit(() -> fibonacci(manta, n - 2));
    return left.get() + right.get();
  }

  @Test
  void shouldIsolateMutableValues() {
    int[] numbers = {1, 2, 3};
    ObjectRef<int[]> put = manta.put(numbers);
    ObjectRef<Integer> first = manta.submit(() -> numbers[0]++ + 10);
    numbers[0] = 100;
    assertThat(first.get()).isEqualTo(11);
    assertThat(put.get()).containsExactly(1, 2, 3).isNotSameAs(put.get());
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    ObjectRef<int[]> array = counter.call(Counter::array);
    array.get()[0] = 5;
    assertThat(array.get()[0]).isZero();
    String text = "shared";
    assertThat(manta.put(text).get()).isSameAs(text);
  }

  @Test
  void shouldKeepTheCauseOfAFailure() {
    assertThatThrownBy(
            () ->
                manta
                    .task(
                        () -> {
                          throw new IOException("disk");
                        })
                    .named("io")
                    .submit()
                    .get())
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("'io'")
        .hasMessageContaining(manta.id().toString())
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessage("disk");
  }

  @Test
  void shouldRetryOnlyWhatIsNamed() {
    var io =
        manta
            .task(
                () -> {
                  if (ATTEMPTS.incrementAndGet() < 3) {
                    throw new IOException("again");
                  }
                  return ATTEMPTS.get();
                })
            .retries(3)
            .retryOn(IOException.class)
            .submit();
    assertThat(io.get()).isEqualTo(3);
    ATTEMPTS.set(0);
    var other =
        manta.submit(
            () -> {
              ATTEMPTS.incrementAndGet();
              throw new IOException("once");
            });
    assertThatThrownBy(other::get).isInstanceOf(TaskFailedException.class);
    assertThat(ATTEMPTS.get()).isEqualTo(1);
  }

  @Test
  void shouldSurviveErrorsOfTheVirtualMachineInUserCode() {
    assertThatThrownBy(() -> manta.submit(() -> overflow(1)).get())
        .hasRootCauseInstanceOf(StackOverflowError.class);
    assertThatThrownBy(
            () ->
                manta
                    .submit(
                        () -> {
                          throw new NoClassDefFoundError("gone");
                        })
                    .get())
        .hasRootCauseInstanceOf(NoClassDefFoundError.class);
    assertThatThrownBy(() -> manta.submit(() -> new long[Integer.MAX_VALUE].length).get())
        .hasRootCauseInstanceOf(OutOfMemoryError.class);
    assertThatThrownBy(
            () ->
                manta
                    .submit(
                        () -> {
                          throw new InterruptedException("own");
                        })
                    .get())
        .isInstanceOf(TaskFailedException.class);
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    assertThatThrownBy(() -> counter.call(c -> overflow(1)).get())
        .hasRootCauseInstanceOf(StackOverflowError.class);
    assertThat(counter.call(Counter::increment).get()).isEqualTo(1);
    assertThat(manta.submit(() -> 1).get()).isEqualTo(1);
    allFree();
  }

  private static int overflow(int n) {
    return overflow(n + 1) + 1;
  }

  @Test
  void shouldCancelWaitingAndRunningTasksAndTheirChildren() throws Exception {
    var started = new CountDownLatch(1);
    STARTED = started;
    ObjectRef<Boolean> running =
        manta
            .task(
                () -> {
                  STARTED.countDown();
                  latch.await();
                  return true;
                })
            .cpus(2)
            .submit();
    ObjectRef<Integer> waiting = manta.submit(() -> ATTEMPTS.incrementAndGet());
    started.await();
    assertThat(waiting.cancel()).isTrue();
    assertThatThrownBy(waiting::get).isInstanceOf(TaskCancelledException.class);
    assertThat(running.cancel()).isTrue();
    assertThatThrownBy(running::get).isInstanceOf(TaskCancelledException.class);
    assertThat(running.cancel()).isFalse();
    allFree();
    assertThat(ATTEMPTS.get()).isZero();

    var childStarted = new CountDownLatch(1);
    STARTED = childStarted;
    ObjectRef<Boolean> parent =
        manta.submit(
            () ->
                Manta.current()
                    .submit(
                        () -> {
                          STARTED.countDown();
                          latch.await();
                          return true;
                        })
                    .get());
    childStarted.await();
    parent.cancel();
    allFree();
  }

  private static volatile CountDownLatch STARTED = new CountDownLatch(1);

  @Test
  void shouldFailAtSubmitWhenACaptureCannotBeCopied() {
    var thread = new Thread(() -> {});
    record Box(Thread worker) {}
    var box = new ArrayList<>(List.of(new Box(thread)));
    assertThatThrownBy(() -> manta.submit(() -> box.size()))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("worker")
        .hasMessageContaining("java.lang.Thread");
  }

  @Test
  void shouldExplainAndThenFailWhatNoNodeCanRun() {
    ObjectRef<Integer> gpu = manta.task(() -> 1).gpus(1).named("train").submit();
    await()
        .untilAsserted(
            () ->
                assertThat(manta.explain(gpu))
                    .hasValueSatisfying(why -> assertThat(why).contains("no gpu")));
    assertThatThrownBy(gpu::get)
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("train")
        .hasMessageContaining("no gpu");
    ActorHandle<Counter> big = manta.actor(Counter::new).cpus(64).create();
    ObjectRef<Integer> call = big.call(Counter::increment);
    assertThat(manta.explain(call))
        .hasValueSatisfying(why -> assertThat(why).contains("64 cpu", "only 2 cpu"));
    assertThatThrownBy(call::get)
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("only 2 cpu");
  }

  @Test
  void shouldHoldFractionsOfResourcesExactly() {
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 50).mapToObj(i -> manta.task(() -> i).cpus(0.0001).submit()).toList();
    assertThat(manta.get(refs)).hasSize(50);
    allFree();
  }

  @Test
  void shouldCallActorsInOrder() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).named("hits").create();
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 1000).mapToObj(i -> counter.call(Counter::increment)).toList();
    assertThat(manta.get(refs)).isEqualTo(IntStream.rangeClosed(1, 1000).boxed().toList());
    counter.tell(c -> c.add(5));
    counter.run(c -> c.add(5)).get();
    assertThat(manta.find("hits", Counter.class).orElseThrow().call(Counter::get).get())
        .isEqualTo(1010);
    assertThat(counter.call(Counter::where).get()).contains(counter.id().toString());
    allFree();
  }

  @Test
  void shouldHoldBackLaterCallsWhileAnEarlierOneWaitsForARef() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    ObjectRef<Integer> slow =
        manta.submit(
            () -> {
              latch.await();
              return 10;
            });
    ObjectRef<Void> first = counter.run(c -> c.add(slow.get()));
    ObjectRef<Integer> second = counter.call(Counter::increment);
    assertThatThrownBy(() -> second.get(Duration.ofMillis(100)))
        .isInstanceOf(GetTimeoutException.class);
    latch.countDown();
    assertThat(second.get()).isEqualTo(11);
    assertThat(first.get()).isNull();
    ObjectRef<Integer> broken = manta.submit(() -> Integer.parseInt("x"));
    assertThatThrownBy(() -> counter.run(c -> c.add(broken.get())).get())
        .hasRootCauseInstanceOf(NumberFormatException.class);
    assertThat(counter.call(Counter::get).get()).isEqualTo(11);
  }

  @Test
  void shouldTellWhyAnActorIsDead() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).named("a").create();
    counter.call(Counter::increment).get();
    ObjectRef<Boolean> blocked = counter.call(Counter::block);
    counter.kill();
    assertThatThrownBy(blocked::get)
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("killed");
    assertThatThrownBy(() -> counter.call(Counter::get).get())
        .isInstanceOf(ActorDiedException.class);
    ActorHandle<Counter> again = manta.actor(Counter::new).named("a").create();
    assertThat(again.call(Counter::increment).get()).isEqualTo(1);
    ActorHandle<Counter> taken = manta.actor(Counter::new).named("a").create();
    assertThatThrownBy(() -> taken.call(Counter::increment).get())
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("'a' is taken");
    ActorHandle<Counter> broken =
        manta
            .<Counter>actor(
                () -> {
                  throw new IOException("no disk");
                })
            .create();
    assertThatThrownBy(() -> broken.call(Counter::increment).get())
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("no disk")
        .hasRootCauseInstanceOf(IOException.class);
    allFree();
  }

  @Test
  void shouldFailOneCallOnlyWhenAMethodThrows() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    assertThatThrownBy(() -> counter.call(Counter::fail).get())
        .isInstanceOf(TaskFailedException.class)
        .hasCauseInstanceOf(IOException.class);
    assertThat(counter.call(Counter::increment).get()).isEqualTo(1);
  }

  @Test
  void shouldRunAsManyCallsAtOnceAsAskedFor() throws Exception {
    ActorHandle<Counter> counter = manta.actor(Counter::new).maxConcurrency(3).create();
    List<ObjectRef<Boolean>> blocked =
        IntStream.range(0, 3).mapToObj(i -> counter.call(Counter::block)).toList();
    ObjectRef<Integer> fourth = counter.call(Counter::get);
    assertThatThrownBy(() -> fourth.get(Duration.ofMillis(100)))
        .isInstanceOf(GetTimeoutException.class);
    blocked.get(0).cancel();
    assertThat(fourth.get()).isZero();
    latch.countDown();
    assertThat(blocked.get(1).get()).isTrue();
  }

  @Test
  void shouldNameTheActorAndTheTimeWhenACallIsLate() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).named("slow").create();
    ObjectRef<Boolean> blocked = counter.call(Counter::block);
    assertThatThrownBy(() -> blocked.get(Duration.ofMillis(100)))
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("within 100 ms: a call on actor-")
        .hasMessageContaining(" 'slow' (");
    assertThatThrownBy(() -> manta.get(List.of(blocked), Duration.ofMillis(100)))
        .hasMessageContaining("within 100 ms: a call on actor-");
    latch.countDown();
    assertThat(blocked.get()).isTrue();
  }

  @Test
  void shouldRefuseMorePendingCallsThanAllowed() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).maxPendingCalls(2).create();
    counter.call(Counter::block);
    counter.call(Counter::get);
    assertThatThrownBy(() -> counter.call(Counter::get))
        .isInstanceOf(PendingCallsLimitExceededException.class)
        .hasMessageContaining("2");
  }

  @Test
  void shouldWaitForSomeOfManyRefs() {
    ObjectRef<Integer> fast = manta.submit(() -> 1);
    ObjectRef<Integer> slow =
        manta.submit(
            () -> {
              latch.await();
              return 2;
            });
    Ready<Integer> ready = manta.await(List.of(slow, fast), 1, Duration.ofSeconds(10));
    assertThat(ready.ready()).containsExactly(fast);
    assertThat(ready.pending()).containsExactly(slow);
    assertThat(manta.await(List.of(slow, fast), 2, Duration.ofMillis(50)).ready()).hasSize(1);
    assertThat(fast.toCompletionStage().toCompletableFuture().join()).isEqualTo(1);
  }

  @Test
  void shouldKeepAnsweringWhileAllCpusAndSomeActorsSpin() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    ActorHandle<Counter> one = manta.actor(Counter::new).create();
    ActorHandle<Counter> two = manta.actor(Counter::new).create();
    manta.get(List.of(counter.call(Counter::get), one.call(Counter::get), two.call(Counter::get)));
    List<ObjectRef<Integer>> spinners =
        List.of(
            manta.submit(EmbeddedTest::spin),
            manta.submit(EmbeddedTest::spin),
            one.call(c -> spin()),
            two.call(c -> spin()));
    for (int i = 0; i < 50; i++) {
      counter.call(Counter::increment).get(Duration.ofSeconds(20));
    }
    assertThat(spinners).noneMatch(ObjectRef::isDone);
    latch.countDown();
    manta.get(spinners);
  }

  private static int spin() {
    int turns = 0;
    while (latch.getCount() > 0) {
      turns++;
    }
    return turns;
  }

  @Test
  void shouldShareRecordsAndTellListeners() throws Exception {
    var seen = new java.util.concurrent.LinkedBlockingQueue<Integer>();
    try (var ignored = manta.records("s").subscribe(all -> seen.add(all.size()))) {
      manta.records("s").put("k", new byte[] {1});
      await().untilAsserted(() -> assertThat(seen).contains(1));
      manta.records("s").remove("k");
      await().untilAsserted(() -> assertThat(manta.records("s").all()).isEmpty());
    }
  }

  @Test
  void shouldReadSettingsFromFileAndEnvironmentAndSuggestKeys(@TempDir Path folder)
      throws IOException {
    Files.writeString(folder.resolve("manta.conf"), "cpus = 3\nresources { licence = 2 }\n");
    MantaConfig config =
        MantaConfig.load(folder, java.util.Map.of("MANTA_CPUS", "5", "MANTA_HTTP_PORT", "0"));
    assertThat(config.resources().cpus()).isEqualTo(5);
    assertThat(config.resources().amount("licence")).isEqualTo(2);
    assertThat(config.httpPort()).hasValue(0);
    assertThat(MantaConfig.given(folder, java.util.Map.of("MANTA_HTTP_PORT", "0", "PATH", "/bin")))
        .containsExactlyInAnyOrder("cpus", "resources", "http-port");
    assertThatThrownBy(() -> MantaConfig.load(folder, java.util.Map.of("MANTA_HTTP_PROT", "0")))
        .hasMessageContaining("did you mean 'http-port'?");
    assertThatThrownBy(() -> MantaConfig.defaults().withHost("0.0.0.0"))
        .hasMessageContaining("'0.0.0.0' is not an address by which others reach");
    assertThatThrownBy(() -> Manta.connect("manta://10.1.2.3:25520"))
        .hasMessageContaining("'10.1.2.3:25520' is not a loopback");
    assertThatThrownBy(
            () -> Manta.start(MantaConfig.defaults().withPort(0).withBindHost("10.1.2.3")))
        .hasMessageContaining("bind-host '10.1.2.3' is not a loopback");
    assertThatThrownBy(() -> Manta.start(MantaConfig.defaults().withPort(0).withBindPort(1)))
        .hasMessageContaining("bind-port of 1 needs a port");
    assertThat(MantaConfig.settings())
        .containsExactlyElementsOf(
            java.util.stream.Stream.concat(
                    MantaConfig.defaults()
                        .withPort(0)
                        .withBindHost("127.0.0.1")
                        .withBindPort(0)
                        .withHttpPort(0)
                        .withHttpHost("127.0.0.1")
                        .withSecurity(folder)
                        .withStateFolder(folder)
                        .withStore(
                            StoreConfig.defaults()
                                .withCapacity(DataSize.parse("1GiB"))
                                .withSpillQuota(DataSize.parse("1GiB")))
                        .toSettings()
                        .keySet()
                        .stream(),
                    java.util.stream.Stream.of())
                .sorted()
                .toList());
    assertThat(Resources.cpus(0.5).toString()).isEqualTo("0.5 cpu");
  }

  @Test
  void shouldSayWhatACallWaitsFor() {
    ObjectRef<Integer> slow =
        manta
            .task(
                () -> {
                  latch.await();
                  return 2;
                })
            .named("slow")
            .submit();
    var counter = manta.actor(Counter::new).create();
    ObjectRef<Integer> sum = counter.call(object -> object.plus(slow.get()));

    assertThat(manta.explain(sum))
        .hasValueSatisfying(text -> assertThat(text).contains("which waits for task 'slow' ("));
    latch.countDown();
    assertThat(sum.get()).isEqualTo(2);
    assertThat(manta.explain(sum)).isEmpty();
  }
}
