package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.ActorDiedException;
import io.manta.core.CancelOptions;
import io.manta.core.ConfigurationException;
import io.manta.core.DataSize;
import io.manta.core.Emitter;
import io.manta.core.IsolatedProcessDiedException;
import io.manta.core.Isolation;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.RefStream;
import io.manta.core.Resources;
import io.manta.core.SerializationException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskContext;
import io.manta.core.TaskFailedException;
import io.manta.core.TaskTimeoutException;
import io.manta.core.WaitCycleException;
import io.manta.objects.store.StoreConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Tasks in a process of their own.
@Timeout(value = 90, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IsolatedTest {
  private Manta manta;

  @BeforeAll
  void start() {
    manta =
        Manta.start(
            MantaConfig.defaults()
                .withCpus(2)
                .withResource(Resources.GPU, 2)
                .withIsolatedProcesses(3));
  }

  @AfterAll
  void close() {
    manta.close();
  }

  @AfterEach
  void allFree() {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> assertThat(manta.availableResources()).isEqualTo(manta.clusterResources()));
  }

  private static long pid() {
    return ProcessHandle.current().pid();
  }

  private static Thread thread() {
    return new Thread();
  }

  @Test
  void shouldFailWhenItsResultFindsNoRoomInTheStore(@TempDir Path folder) {
    var store = StoreConfig.defaults().withFolder(folder).withCapacity(new DataSize(8L << 20));
    try (var small = Manta.start(MantaConfig.defaults().withStore(store))) {
      for (var task :
          List.of(small.task(IsolatedTest::huge), small.task(IsolatedTest::huge).isolated())) {
        assertThatThrownBy(task.submit()::get)
            .isInstanceOf(ObjectStoreFullException.class)
            .hasMessageContaining("8.0 MiB");
      }
      assertThat(small.task(() -> new byte[1 << 20]).isolated().submit().get()).hasSize(1 << 20);
    }
  }

  private static byte[] huge() {
    return new byte[16 << 20];
  }

  private static void awaitEnd(long pid) {
    await().until(() -> ProcessHandle.of(pid).map(handle -> !handle.isAlive()).orElse(true));
  }

  @Test
  void shouldRunInAProcessThatTheNextTaskUsesAgain() {
    long started = System.nanoTime();
    long first = manta.task(IsolatedTest::pid).isolated().submit().get();
    long millis = (System.nanoTime() - started) / 1_000_000;
    long second = manta.task(IsolatedTest::pid).isolated().submit().get();

    assertThat(first).isNotEqualTo(pid()).isEqualTo(second);
    assertThat(millis).isLessThan(10_000);
  }

  @Test
  void shouldHaveItsOptionsVariablesAndFolder(@TempDir Path folder) {
    var isolation =
        Isolation.defaults()
            .withJvmOptions("-Xmx77m", "-Dgiven=yes")
            .withVariable("GIVEN", "too")
            .withWorkingFolder(folder);

    List<String> seen =
        manta
            .task(
                () ->
                    List.of(
                        Long.toString(Runtime.getRuntime().maxMemory() >> 20),
                        System.getProperty("given"),
                        System.getenv("GIVEN"),
                        Path.of("").toRealPath().toString()))
            .isolated(isolation)
            .submit()
            .get();

    assertThat(Long.parseLong(seen.getFirst())).isBetween(60L, 77L);
    assertThat(seen.subList(1, 3)).containsExactly("yes", "too");
    assertThat(Path.of(seen.get(3))).isEqualTo(folder.toAbsolutePath());
  }

  /// The log of these tests leaves out what is below a warning. The last line comes long after the
  /// task's outcome.
  @Test
  void shouldPrintWhatTheLogLeavesOut() {
    PrintStream before = System.out;
    var console = new ByteArrayOutputStream();
    System.setOut(new PrintStream(console, true, StandardCharsets.UTF_8));
    try {
      manta.task(IsolatedTest::talk).named("talker").isolated().submit().get();
      String prefix = "[talker " + manta.id() + "] INFO ";
      await()
          .untilAsserted(
              () ->
                  assertThat(console.toString(StandardCharsets.UTF_8).lines())
                      .contains(prefix + "printed", prefix + "logged", prefix + "late"));
    } finally {
      System.setOut(before);
    }
  }

  private static void talk() {
    System.out.println("printed");
    Manta.logger().info("logged");
    Thread.startVirtualThread(
        () -> {
          try {
            Thread.sleep(300);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          System.out.println("late");
        });
  }

  @Test
  void shouldSayThatItsFolderIsMissing(@TempDir Path folder) {
    Path missing = folder.resolve("missing");
    var task =
        manta.task(IsolatedTest::pid).isolated(Isolation.defaults().withWorkingFolder(missing));

    assertThatThrownBy(task.submit()::get)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("the working folder " + missing + " is no folder")
        .hasCauseInstanceOf(ConfigurationException.class);
  }

  @Test
  void shouldSubmitAClosureThatCapturedMuch() {
    ObjectRef<Integer> length =
        manta
            .task(
                () -> {
                  var much = new byte[1 << 20];
                  return Manta.current().submit(() -> much.length).get();
                })
            .isolated()
            .submit();

    assertThat(length.get()).isEqualTo(1 << 20);
    await().untilAsserted(() -> assertThat(manta.objectUsage().stored()).isZero());
  }

  @Test
  void shouldSeeCapturedValuesRefsAndContext() {
    ObjectRef<List<Integer>> put = manta.put(new ArrayList<>(List.of(1, 2, 3)));
    ObjectRef<Integer> task = manta.submit(() -> 4);
    int captured = 5;

    int sum =
        manta
            .task(() -> put.get().size() + task.get() + captured)
            .isolated()
            .named("sum")
            .submit()
            .get();
    TaskContext context = manta.task(Manta::context).isolated().named("context").submit().get();

    assertThat(sum).isEqualTo(12);
    assertThat(context.name()).isEqualTo("context");
    assertThat(context.node()).isEqualTo(manta.id());
    assertThat(context.attempt()).isEqualTo(1);
  }

  public static class Counter extends RemoteActor {
    private int count;

    public int add(int more) {
      count += more;
      return count;
    }
  }

  @Test
  void shouldSubmitPutGetAndCallFromInside() {
    ActorHandle<Counter> counter = manta.actor(Counter::new).create();
    ObjectRef<ObjectRef<Integer>> given =
        manta
            .task(
                () -> {
                  Manta inside = Manta.current();
                  ObjectRef<Integer> seven = inside.put(7);
                  ObjectRef<Integer> doubled = inside.submit(() -> seven.get() * 2);
                  int pending = inside.get(List.of(seven, doubled)).getLast();
                  counter.tell(c -> c.add(1));
                  int counted = counter.call(c -> c.add(pending)).get();
                  assertThat(inside.nodes()).hasSize(1);
                  return inside.put(counted);
                })
            .isolated()
            .submit();

    assertThat(given.get().get()).isEqualTo(15);
    counter.kill();
  }

  @Test
  void shouldGiveItsResourcesToWhatItWaitsFor() {
    ObjectRef<Integer> outer =
        manta
            .task(
                () ->
                    Manta.current()
                        .task(() -> Manta.current().task(() -> 1).cpus(2).submit().get() + 1)
                        .cpus(2)
                        .isolated()
                        .submit()
                        .get())
            .cpus(2)
            .isolated()
            .submit();

    assertThat(outer.get()).isEqualTo(2);
  }

  @Test
  void shouldGiveValuesOneAfterAnother() {
    RefStream<Integer> stream =
        manta
            .generator(
                (Emitter<Integer> emitter) -> {
                  for (int i = 0; i < 20; i++) {
                    emitter.emit(i);
                  }
                })
            .buffer(3)
            .isolated()
            .submit();
    int expected = 0;
    for (ObjectRef<Integer> ref : stream) {
      assertThat(ref.get()).isEqualTo(expected++);
    }
    assertThat(expected).isEqualTo(20);
  }

  @Test
  void shouldTellWhatUserCodeThrew() {
    ObjectRef<Integer> failing =
        manta
            .task(
                () -> {
                  if (true) {
                    throw new IOException("disk on fire");
                  }
                  return 1;
                })
            .isolated()
            .named("burn")
            .submit();

    assertThatThrownBy(failing::get)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("burn")
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessage("disk on fire");
    assertThatThrownBy(manta.task(IsolatedTest::thread).isolated().submit()::get)
        .isInstanceOf(SerializationException.class);
    assertThatThrownBy(manta.task(IsolatedTest::generate).isolated().submit()::get)
        .hasRootCauseInstanceOf(UnsupportedOperationException.class)
        .hasRootCauseMessage(
            "a generator is not possible inside an isolated task or actor; have a task or actor do it"
                + " that is not isolated");
  }

  private static void generate() {
    Manta.current().generator((Emitter<Integer> emitter) -> emitter.emit(1)).submit();
  }

  public static class GpuUser extends RemoteActor {
    public List<Integer> gpus() {
      return Manta.context().gpus();
    }
  }

  @Test
  void shouldGiveActorsGpusOfTheirOwn() {
    ActorHandle<GpuUser> first = manta.actor(GpuUser::new).gpus(1).create();
    ActorHandle<GpuUser> second = manta.actor(GpuUser::new).gpus(1).create();
    List<Integer> ids = new ArrayList<>(first.call(GpuUser::gpus).get());
    ids.addAll(second.call(GpuUser::gpus).get());
    assertThat(ids).containsExactlyInAnyOrder(0, 1);

    first.kill();
    ActorHandle<GpuUser> third = manta.actor(GpuUser::new).gpus(1).create();
    assertThat(third.call(GpuUser::gpus).get()).containsExactly(ids.getFirst());
    second.kill();
    third.kill();
  }

  @Test
  void shouldShowTheClassOfActorsThatWereCreatedInsideAndDidNotStart() {
    ActorHandle<Counter> pending =
        manta
            .task(() -> Manta.current().actor(() -> new Counter()).cpus(64).create())
            .isolated()
            .submit()
            .get();
    assertThat(manta.actors(100))
        .filteredOn(info -> info.id().equals(pending.id()))
        .singleElement()
        .satisfies(info -> assertThat(info.type()).isEqualTo("Counter"));
    pending.kill();
  }

  @Test
  void shouldCreateAndFindAndEndActorsFromInside() {
    ActorHandle<Counter> kept =
        manta
            .task(
                () -> {
                  Manta here = Manta.current();
                  ActorHandle<Counter> made = here.actor(Counter::new).named("inside").create();
                  ActorHandle<Counter> found = here.find("inside", Counter.class).orElseThrow();
                  if (!found.equals(made) || here.find("nobody", Counter.class).isPresent()) {
                    throw new IllegalStateException(made + " is not " + found);
                  }
                  made.call(counter -> counter.add(40)).get();
                  return made;
                })
            .isolated()
            .submit()
            .get();

    assertThat(kept.call(counter -> counter.add(2)).get()).isEqualTo(42);
    manta.task(() -> kept.kill()).isolated().submit().get();
    assertThatThrownBy(kept.call(counter -> counter.add(1))::get)
        .isInstanceOf(ActorDiedException.class);
  }

  @Test
  void shouldSplitFromInside() {
    List<Integer> values =
        manta
            .task(
                () -> {
                  Manta here = Manta.current();
                  return here.get(here.split(3, () -> List.of(1, 2, 3)).submit());
                })
            .isolated()
            .submit()
            .get();

    assertThat(values).containsExactly(1, 2, 3);
  }

  @Test
  void shouldRetryInAFreshProcessWhenItsOwnEnds(@TempDir Path folder) {
    String file = folder.resolve("attempts").toString();
    ObjectRef<Integer> flaky =
        manta
            .task(
                () -> {
                  Path attempts = Path.of(file);
                  if (!Files.exists(attempts)) {
                    Files.writeString(attempts, Long.toString(pid()));
                    System.exit(7);
                  }
                  return Manta.context().attempt();
                })
            .isolated()
            .submit();

    assertThat(flaky.get()).isEqualTo(2);
  }

  @Test
  void shouldNameExitCodeAndLastLinesWhenNoRetryIsLeft() {
    ObjectRef<Integer> dying =
        manta
            .task(
                () -> {
                  System.err.println("the reactor melts");
                  Runtime.getRuntime().halt(42);
                  return 1;
                })
            .isolated()
            .retries(1)
            .named("reactor")
            .submit();

    assertThatThrownBy(dying::get)
        .isInstanceOf(IsolatedProcessDiedException.class)
        .hasMessageContaining("reactor")
        .hasMessageContaining("exit code 42")
        .hasMessageContaining("the reactor melts")
        .hasMessageContaining("2 attempt(s)");
  }

  @Test
  void shouldFailLikeThatWhenMemoryRunsOutAndWhenTheJvmDoesNotStart() {
    ObjectRef<Integer> greedy =
        manta
            .task(() -> new byte[200 << 20].length)
            .isolated(Isolation.defaults().withJvmOptions("-Xmx40m"))
            .retries(0)
            .submit();
    assertThatThrownBy(greedy::get)
        .isInstanceOf(IsolatedProcessDiedException.class)
        .hasMessageContaining("exit code 3")
        .hasMessageContaining("OutOfMemoryError");

    ObjectRef<Integer> wrong =
        manta
            .task(() -> 1)
            .isolated(Isolation.defaults().withJvmOptions("-Xmx0x"))
            .retries(0)
            .submit();
    assertThatThrownBy(wrong::get)
        .isInstanceOf(IsolatedProcessDiedException.class)
        .hasMessageContaining("did not come up")
        .hasMessageContaining("-Xmx0x");
  }

  private static void spin(Path file) throws IOException {
    Files.writeString(file, Long.toString(pid()));
    while (true) {
      Thread.onSpinWait();
    }
  }

  private static long pidIn(Path file) {
    await().until(() -> Files.exists(file) && Files.size(file) > 0);
    try {
      return Long.parseLong(Files.readString(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void shouldInterruptWhenCancelledAndEndTheProcessWhenForced(@TempDir Path folder) {
    String asleep = folder.resolve("asleep").toString();
    ObjectRef<Boolean> sleeping =
        manta
            .task(
                () -> {
                  Files.writeString(Path.of(asleep), Long.toString(pid()));
                  Thread.sleep(60_000);
                  return true;
                })
            .isolated()
            .submit();
    long sleeper = pidIn(Path.of(asleep));

    assertThat(sleeping.cancel()).isTrue();

    assertThatThrownBy(sleeping::get).isInstanceOf(TaskCancelledException.class);
    allFree();
    assertThat(ProcessHandle.of(sleeper)).isPresent();

    String spinning = folder.resolve("spinning").toString();
    ObjectRef<Boolean> deaf =
        manta
            .task(
                () -> {
                  spin(Path.of(spinning));
                  return true;
                })
            .isolated()
            .submit();
    long spinner = pidIn(Path.of(spinning));

    deaf.cancel();
    assertThatThrownBy(deaf::get).isInstanceOf(TaskCancelledException.class);
    assertThat(manta.availableResources().cpus()).isEqualTo(1);
    ProcessHandle.of(spinner).ifPresent(ProcessHandle::destroyForcibly);
    allFree();

    String forced = folder.resolve("forced").toString();
    ObjectRef<Boolean> killed =
        manta
            .task(
                () -> {
                  spin(Path.of(forced));
                  return true;
                })
            .isolated()
            .submit();
    long victim = pidIn(Path.of(forced));
    killed.cancel(CancelOptions.defaults().withForce(true));
    assertThatThrownBy(killed::get).isInstanceOf(TaskCancelledException.class);
    awaitEnd(victim);
  }

  @Test
  void shouldTimeOut() {
    ObjectRef<Boolean> slow =
        manta
            .task(
                () -> {
                  Thread.sleep(60_000);
                  return true;
                })
            .isolated()
            .timeout(Duration.ofSeconds(2))
            .submit();

    assertThatThrownBy(slow::get).isInstanceOf(TaskTimeoutException.class);
  }

  @Test
  void shouldSeeItsGpus() {
    List<ObjectRef<String>> seen = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      seen.add(
          manta
              .task(() -> System.getenv("CUDA_VISIBLE_DEVICES") + " " + Manta.context().gpus())
              .gpus(1)
              .isolated()
              .submit());
    }
    assertThat(manta.get(seen)).allMatch(text -> text.matches("([01]) \\[\\1]"));
  }

  public static class Asking extends RemoteActor {
    public int ask(ActorHandle<Asking> other) {
      return Manta.current().task(() -> other.call(actor -> 1).get()).isolated().submit().get();
    }
  }

  @Test
  void shouldFindAWaitThatCanNeverEnd() {
    ActorHandle<Asking> actor = manta.actor(Asking::new).create();

    assertThatThrownBy(actor.call(a -> a.ask(actor))::get)
        .hasRootCauseInstanceOf(WaitCycleException.class);

    actor.kill();
  }

  @Test
  void shouldKeepNoMoreProcessesThanItMay() {
    var tasks = new ArrayList<ObjectRef<Long>>();
    for (int i = 0; i < 6; i++) {
      tasks.add(
          manta
              .task(IsolatedTest::pid)
              .cpus(0)
              .isolated(Isolation.defaults().withVariable("NUMBER", Integer.toString(i)))
              .submit());
    }
    assertThat(manta.get(tasks)).doesNotHaveDuplicates();
    assertThat(tasks.stream().filter(task -> ProcessHandle.of(task.get()).isPresent()).count())
        .isLessThanOrEqualTo(3);
  }
}
