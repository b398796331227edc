package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.ConfigurationException;
import io.manta.core.InfeasibleException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteCallable;
import io.manta.core.SerializationException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// Three nodes and a driver in one JVM; they share no state but through their ports.
@Timeout(value = 90, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterTest {
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch left = new CountDownLatch(1);
  private static volatile CountDownLatch meeting = new CountDownLatch(0);

  private LocalCluster cluster;
  private Manta driver;

  @BeforeAll
  void start() {
    cluster =
        LocalCluster.start(
            3,
            MantaConfig.defaults()
                .withCpus(4)
                .withInfeasibleWarning(Duration.ofMillis(300))
                .withInfeasibleTimeout(Duration.ofSeconds(3)));
    driver = cluster.connect();
  }

  @AfterAll
  void close() {
    driver.close();
    cluster.close();
  }

  public static class Counter extends RemoteActor {
    private int count;

    public int increment() {
      return ++count;
    }

    public NodeId where() {
      return context().node();
    }

    public int fail() throws IOException {
      throw new IOException("no luck");
    }

    public boolean block() throws InterruptedException {
      started.countDown();
      Thread.sleep(60_000);
      return true;
    }

    public int addFrom(ActorHandle<Counter> other) {
      count += other.call(Counter::increment).get();
      return count;
    }
  }

  @Test
  void shouldRunTenTasksAtOnce() {
    meeting = new CountDownLatch(10); // opens only when all ten run
    List<ObjectRef<NodeId>> refs = submittedMeetings(10);
    assertThat(new HashSet<>(driver.get(refs))).hasSize(3);
    allFree();
  }

  /// Short ones are sent ahead to where others run.
  @Test
  void shouldRunTenAtOnceOfTasksThatWereShortBefore() {
    meeting = new CountDownLatch(0);
    driver.get(submittedMeetings(500));
    meeting = new CountDownLatch(10);

    assertThat(driver.get(submittedMeetings(10))).hasSize(10);
    allFree();
  }

  private List<ObjectRef<NodeId>> submittedMeetings(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                driver.submit(
                    () -> {
                      meeting.countDown();
                      meeting.await();
                      return Manta.context().node();
                    }))
        .toList();
  }

  private void allFree() {
    Eventually.allFree(driver);
  }

  @Test
  void shouldPassRefsAndLargeValuesBetweenProcesses() {
    byte[] large = new byte[3 << 20];
    large[large.length - 1] = 7;
    ObjectRef<byte[]> put = driver.put(large);
    ObjectRef<byte[]> doubled =
        driver.submit(
            () -> {
              byte[] bytes = put.get();
              bytes[bytes.length - 1] *= 2;
              return bytes;
            });
    ObjectRef<Integer> last = driver.submit(() -> (int) doubled.get()[(3 << 20) - 1]);
    assertThat(last.get()).isEqualTo(14);
    assertThat(put.get()[(3 << 20) - 1]).isEqualTo((byte) 7);
    List<ObjectRef<Integer>> made =
        driver
            .submit(
                () ->
                    new ArrayList<>(
                        List.of(Manta.current().put(5), Manta.current().submit(() -> 6))))
            .get()
            .stream()
            .toList();
    assertThat(driver.get(made)).containsExactly(5, 6);
  }

  @Test
  void shouldGiveOneCapturedRefToManyTasks() {
    ObjectRef<int[]> shared = driver.put(new int[] {3});
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 300).mapToObj(i -> driver.submit(() -> shared.get()[0] + i)).toList();
    assertThat(driver.get(refs, Duration.ofSeconds(30)))
        .isEqualTo(IntStream.range(3, 303).boxed().toList());
  }

  @Test
  void shouldRunNestedTasksOnManyNodesWithoutRunningOutOfResources() {
    ObjectRef<Integer> sum = driver.submit(() -> tree(6));
    assertThat(sum.get(Duration.ofSeconds(60))).isEqualTo(64);
    allFree();
  }

  private static int tree(int depth) {
    if (depth == 0) {
      return 1;
    }
    Manta manta = Manta.current();
    ObjectRef<Integer> left = manta.submit(() -> tree(depth - 1));
    ObjectRef<Integer> right = manta.submit(() -> tree(depth - 1));
    return left.get() + right.get();
  }

  @Test
  void shouldKeepTheCauseAcrossProcesses() {
    assertThatThrownBy(
            () ->
                driver
                    .task(
                        () -> {
                          throw new IOException("disk");
                        })
                    .named("io")
                    .submit()
                    .get())
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("'io'")
        .hasMessageContaining("node-")
        .hasRootCauseInstanceOf(IOException.class)
        .hasRootCauseMessage("disk");
    ActorHandle<Counter> counter = driver.actor(Counter::new).create();
    assertThatThrownBy(() -> counter.call(Counter::fail).get())
        .isInstanceOf(TaskFailedException.class)
        .hasRootCauseMessage("no luck");
    counter.kill();
  }

  @Test
  void shouldSpreadActorsAndLetThemCallEachOther() {
    List<ActorHandle<Counter>> counters =
        IntStream.range(0, 6).mapToObj(i -> driver.actor(Counter::new).create()).toList();
    Set<NodeId> nodes = new HashSet<>();
    counters.forEach(counter -> nodes.add(counter.call(Counter::where).get()));
    assertThat(nodes).hasSize(3);
    ActorHandle<Counter> first = counters.getFirst();
    ActorHandle<Counter> last = counters.getLast();
    assertThat(first.call(counter -> counter.addFrom(last)).get()).isEqualTo(1);
    assertThat(driver.submit(() -> last.call(Counter::increment).get()).get()).isEqualTo(2);
    List<ObjectRef<Integer>> ordered =
        IntStream.range(0, 500).mapToObj(i -> last.call(Counter::increment)).toList();
    assertThat(driver.get(ordered)).isEqualTo(IntStream.range(3, 503).boxed().toList());
    counters.forEach(ActorHandle::kill);
    assertThatThrownBy(() -> last.call(Counter::increment).get())
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("killed");
  }

  @Test
  void shouldFindNamedActorsFromEveryProcess() {
    ActorHandle<Counter> counter = driver.actor(Counter::new).named("shared").create();
    counter.call(Counter::increment).get();
    for (Manta node : cluster.nodes()) {
      assertThat(node.find("shared", Counter.class).orElseThrow().call(Counter::increment).get())
          .isPositive();
    }
    ActorHandle<Counter> second = cluster.node(1).actor(Counter::new).named("shared").create();
    assertThatThrownBy(() -> second.call(Counter::increment).get())
        .hasMessageContaining("'shared' is taken");
    counter.kill();
    await().until(() -> driver.find("shared", Counter.class).isEmpty());
  }

  /// A name is kept by an entity on some node; some of these names are on the node of their actor.
  @Test
  void shouldFindNamedActorsAfterTheNodeOfSomeAndOfTheirNamesLeft() {
    try (var other = LocalCluster.start(3, MantaConfig.defaults().withCpus(2));
        var program = other.connect()) {
      for (int i = 0; i < 40; i++) {
        program.actor(Counter::new).named("name-" + i).maxRestarts(2).create();
      }
      for (int i = 0; i < 40; i++) {
        program.find("name-" + i, Counter.class).orElseThrow().call(Counter::increment).get();
      }
      other.node(1).close();
      await().until(() -> program.nodes().size() == 2);
      for (int i = 0; i < 40; i++) {
        String name = "name-" + i;
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> other.node(2).find(name, Counter.class).isPresent());
        ActorHandle<Counter> found = other.node(2).find(name, Counter.class).orElseThrow();
        assertThat(found.call(Counter::increment).get(Duration.ofSeconds(20))).isPositive();
      }
    }
  }

  @Test
  void shouldFindNamedActorsAfterNodesJoin() {
    try (var other = LocalCluster.start(1, MantaConfig.defaults().withCpus(2));
        var program = other.connect()) {
      for (int i = 0; i < 40; i++) {
        program.actor(Counter::new).named("name-" + i).create().call(Counter::increment).get();
      }
      for (int joined = 0; joined < 2; joined++) {
        Manta node = other.add();
        for (int i = 0; i < 40; i++) {
          ActorHandle<Counter> found = node.find("name-" + i, Counter.class).orElseThrow();
          assertThat(found.call(Counter::increment).get()).isEqualTo(joined + 2);
          var second = node.actor(Counter::new).named("name-" + i).create();
          assertThatThrownBy(() -> second.call(Counter::increment).get())
              .isInstanceOf(MantaException.class)
              .hasMessageContaining("'name-" + i + "' is taken");
        }
      }
    }
  }

  @Test
  void shouldNameTheTaskWhoseResultCannotTravel() {
    ObjectRef<Supplier<String>> ref =
        driver.task(() -> (Supplier<String>) () -> "a value").named("maker").submit();

    assertThatThrownBy(ref::get)
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("task 'maker'")
        .hasMessageContaining("node-")
        .hasMessageContaining("Serializable");
  }

  @Test
  void shouldNameTheActorWhoseResultCannotTravel() {
    ActorHandle<Counter> counter = driver.actor(Counter::new).named("maker").create();

    ObjectRef<Supplier<String>> ref = counter.call(actor -> () -> "a value");

    assertThatThrownBy(ref::get)
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("'maker'")
        .hasMessageContaining("node-")
        .hasMessageContaining("Serializable");
    counter.kill();
  }

  @Test
  void shouldRunTasksOfANodeThatEndsInOrderElsewhere() throws Exception {
    try (var other = LocalCluster.start(2, MantaConfig.defaults().withCpus(2));
        var program = other.connect()) {
      started = new CountDownLatch(4);
      left = new CountDownLatch(1);
      List<ObjectRef<NodeId>> tasks =
          IntStream.range(0, 4)
              .mapToObj(i -> program.submit(ClusterTest::waitForTheOthers))
              .toList();
      started.await();
      NodeId leaving = other.node(1).id();

      other.node(1).close();
      left.countDown();

      assertThat(program.get(tasks, Duration.ofSeconds(40))).hasSize(4).doesNotContain(leaving);
    }
  }

  private static NodeId waitForTheOthers() throws InterruptedException {
    started.countDown();
    left.await();
    return Manta.context().node();
  }

  @Test
  void shouldCancelATaskThatRunsElsewhere() throws Exception {
    started = new CountDownLatch(1);
    ObjectRef<Boolean> running =
        driver.submit(
            () -> {
              started.countDown();
              Thread.sleep(60_000);
              return true;
            });
    started.await();
    assertThat(running.cancel()).isTrue();
    assertThatThrownBy(running::get).isInstanceOf(TaskCancelledException.class);
    allFree();
  }

  @Test
  void shouldFailCallsUnderWayWhenTheirActorIsKilled() throws Exception {
    started = new CountDownLatch(1);
    ActorHandle<Counter> counter = driver.actor(Counter::new).named("killed").create();
    ObjectRef<Boolean> running = counter.call(Counter::block);
    ObjectRef<Integer> waiting = counter.call(Counter::increment);
    started.await();
    List<ObjectRef<Integer>> ofOthers =
        cluster.nodes().stream()
            .map(node -> node.find("killed", Counter.class).orElseThrow())
            .map(handle -> handle.call(Counter::increment))
            .toList();
    counter.kill();
    assertDied(running);
    assertDied(waiting);
    ofOthers.forEach(ClusterTest::assertDied);
  }

  private static void assertDied(ObjectRef<?> call) {
    assertThatThrownBy(() -> call.get(Duration.ofSeconds(20)))
        .isInstanceOf(ActorDiedException.class);
  }

  @Test
  void shouldGoOnUnderALeaseWhenTasksThatWaitThereAreCancelled() {
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 2_000)
            .mapToObj(
                i ->
                    driver.submit(
                        () -> {
                          Thread.sleep(1);
                          return i;
                        }))
            .toList();
    for (int i = 1; i < refs.size(); i += 2) {
      refs.get(i).cancel();
    }
    for (int i = 0; i < refs.size(); i += 2) {
      assertThat(refs.get(i).get(Duration.ofSeconds(30))).isEqualTo(i);
    }
    allFree();
  }

  @Test
  void shouldEndTasksThatAreCancelledWhileTheyStart() {
    driver.submit(() -> 1).get(); // so that a lease is there and the next ones are sent at once
    for (int i = 0; i < 200; i++) {
      ObjectRef<Boolean> ref =
          driver.submit(
              () -> {
                Thread.sleep(60_000);
                return true;
              });
      LockSupport.parkNanos(i * 10_000L);
      assertThat(ref.cancel()).isTrue();
    }
    allFree();
  }

  @Test
  void shouldFailWhatIsUnderWayWhenItsDriverCloses() throws Exception {
    started = new CountDownLatch(2);
    ObjectRef<Boolean> task;
    ObjectRef<Boolean> call;
    try (var other = cluster.connect()) {
      task =
          other.submit(
              () -> {
                started.countDown();
                Thread.sleep(60_000);
                return true;
              });
      call = other.actor(Counter::new).create().call(Counter::block);
      started.await();
    }
    assertThatThrownBy(() -> task.get(Duration.ofSeconds(20)))
        .isInstanceOf(TaskCancelledException.class)
        .hasMessageContaining("closed");
    assertThatThrownBy(() -> call.get(Duration.ofSeconds(20)))
        .isInstanceOf(ActorDiedException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void shouldKnowAllNodesOnceConnected() {
    String address = cluster.node(1).address().orElseThrow();
    try (var other = Manta.connect(address)) {
      assertThat(other.nodes()).hasSize(3);
    }
  }

  private static final ConcurrentHashMap<String, ObjectRef<Integer>> LATER =
      new ConcurrentHashMap<>();

  /// Short tasks are sent ahead of each other under a lease; then one waits for another behind it.
  @Test
  void shouldRunWhatIsBehindATaskThatWaitsForIt() {
    NodeId node = cluster.node(0).id();
    for (int round = 0; round < 20; round++) {
      LATER.clear();
      List<ObjectRef<Integer>> refs = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        int number = i;
        refs.add(driver.task(() -> number < 20 ? later().get() : number).onNode(node).submit());
      }
      LATER.put("last", refs.getLast());
      assertThat(driver.get(refs, Duration.ofSeconds(30))).endsWith(98, 99).startsWith(99, 99);
    }
    allFree();
  }

  private static ObjectRef<Integer> later() throws InterruptedException {
    ObjectRef<Integer> ref;
    while ((ref = LATER.get("last")) == null) {
      Thread.sleep(1);
    }
    return ref;
  }

  @Test
  void shouldNotLeaveAnActorThatWaitedWhenItsDriverLeft() {
    try (var other = cluster.connect()) {
      int cpus = (int) cluster.node(0).nodes().getFirst().total().cpus();
      for (Manta node : cluster.nodes()) {
        for (int i = 0; i < cpus + 2; i++) {
          other.actor(Counter::new).cpus(1).onNode(node.id()).create();
        }
      }
      await().until(() -> driver.availableResources().cpus() == 0);
    }
    allFree();
  }

  @Test
  void shouldPlaceWorkOnTheNodeItNames() {
    for (Manta node : cluster.nodes()) {
      NodeId wanted = node.id();
      assertThat(driver.task(() -> Manta.context().node()).onNode(wanted).submit().get())
          .isEqualTo(wanted);
      ActorHandle<Counter> there = driver.actor(Counter::new).onNode(wanted).create();
      assertThat(there.call(Counter::where).get()).isEqualTo(wanted);
      there.kill();
    }
  }

  @Test
  void shouldExplainAndFailWhatNoNodeCanRun() {
    ObjectRef<Integer> gpu = driver.task(() -> 1).gpus(1).named("train").submit();
    assertThat(driver.explain(gpu)).hasValueSatisfying(why -> assertThat(why).contains("no gpu"));
    assertThatThrownBy(gpu::get)
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("train")
        .hasMessageContaining("no gpu");
  }

  @Test
  void shouldShareRecordsBetweenAllProcesses() {
    driver.records("test").put("k", new byte[] {1, 2});
    for (Manta node : cluster.nodes()) {
      await().untilAsserted(() -> assertThat(node.records("test").all()).containsKey("k"));
    }
    cluster.node(2).records("test").remove("k");
    await().untilAsserted(() -> assertThat(driver.records("test").all()).isEmpty());
  }

  @Test
  void shouldEndAllWorkOfADriverThatLeaves() throws Exception {
    started = new CountDownLatch(1);
    try (var other = cluster.connect()) {
      ActorHandle<Counter> held = other.actor(Counter::new).cpus(1).create();
      held.call(Counter::increment).get();
      held.call(Counter::block);
      started.await();
    }
    allFree();
  }

  /// The nodes run in this JVM too, but their loader does not know the class.
  @Test
  void shouldSendClassesThatNodesLack(@TempDir Path folder) throws Exception {
    Path source = folder.resolve("Travelling.java");
    Files.writeString(
        source,
        """
        import io.manta.core.RemoteCallable;
        public class Travelling {
          public record Greeting(String text, int length) {}
          static class Helper { static int twice(int n) { return 2 * n; } }
          public static RemoteCallable<Object> task(String name) {
            return () -> new Greeting("hello " + name, Helper.twice(name.length()));
          }
        }
        """);
    compile(source);
    withClassesOf(
        folder,
        (driver, loader) -> {
          Object greeting =
              driver.submit(task(loader, "Travelling", "you")).get(Duration.ofSeconds(20));
          assertThat(greeting).hasToString("Greeting[text=hello you, length=6]");
          assertThat(greeting.getClass().getClassLoader()).isSameAs(loader);
        });
  }

  @Test
  void shouldWriteValuesByTheSerializersOfADriver(@TempDir Path folder) throws Exception {
    Path source = folder.resolve("Named.java");
    Files.writeString(
        source,
        """
        import io.manta.core.RemoteCallable;
        import io.manta.core.ValueSerializer;
        import java.io.*;
        public class Named {
          public static final class Worker {
            private final Thread thread; // which has no value
            Worker(String name) { thread = new Thread(() -> {}, name); }
            @Override public String toString() { return thread.getName(); }
          }
          public static final class Workers implements ValueSerializer<Worker> {
            @Override public Class<Worker> type() { return Worker.class; }
            @Override public void write(Worker worker, DataOutput out) throws IOException {
              out.writeUTF(worker.toString());
            }
            @Override public Worker read(DataInput in, Class<? extends Worker> type)
                throws IOException {
              return new Worker(in.readUTF() + " again");
            }
          }
          public static RemoteCallable<Object> task(String name) {
            return () -> new Worker(name);
          }
        }
        """);
    compile(source);
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve("io.manta.core.ValueSerializer"), "Named$Workers\n");
    withClassesOf(
        folder,
        (driver, loader) -> {
          RemoteCallable<Object> task = task(loader, "Named", "one");
          assertThat(driver.submit(task).get(Duration.ofSeconds(20))).hasToString("one again");
          assertThat(driver.task(task).isolated().submit().get(Duration.ofSeconds(30)))
              .asString()
              .startsWith("one again");
        });
  }

  @Test
  void shouldWarnThatADetachedActorNeedsItsClassOnTheNodes(@TempDir Path folder) throws Exception {
    Path source = folder.resolve("Lodger.java");
    Files.writeString(
        source,
        """
        import io.manta.actors.RemoteActor;
        import io.manta.core.RemoteCallable;
        public class Lodger extends RemoteActor {
          public static RemoteCallable<Object> task(String name) {
            return () -> new Lodger();
          }
        }
        """);
    compile(source);
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    var log = (Logger) LoggerFactory.getLogger("io.manta.task");
    log.addAppender(lines);
    try {
      withClassesOf(
          folder,
          (driver, loader) -> {
            RemoteCallable<Object> made = task(loader, "Lodger", "");
            RemoteCallable<RemoteActor> constructor = () -> (RemoteActor) made.call();
            ActorHandle<RemoteActor> lodger = driver.actor(constructor).cpus(0).detached().create();
            lodger.run(actor -> {}).get(Duration.ofSeconds(20));
            lodger.kill();
          });
    } finally {
      log.detachAppender(lines);
    }
    assertThat(lines.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anySatisfy(line -> assertThat(line).contains("Lodger").contains("MANTA_CLASS_PATH"));
  }

  private static void compile(Path source) {
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", System.getProperty("java.class.path"), source.toString());
    assertThat(status).isZero();
  }

  @SuppressWarnings("unchecked")
  private static RemoteCallable<Object> task(ClassLoader loader, String type, String argument)
      throws ReflectiveOperationException {
    return (RemoteCallable<Object>)
        loader.loadClass(type).getMethod("task", String.class).invoke(null, argument);
  }

  /// What a driver does that has these classes too.
  private interface Program {
    void run(Manta driver, ClassLoader loader) throws Exception;
  }

  private void withClassesOf(Path folder, Program program) throws Exception {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      Thread.currentThread().setContextClassLoader(loader);
      try (var driver = cluster.connect()) {
        program.run(driver, loader);
      }
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  @Test
  void shouldSayWhenNobodyAnswersOrThePortIsTaken() {
    var config = MantaConfig.defaults().withJoinTimeout(Duration.ofSeconds(2));
    assertThatThrownBy(() -> Manta.connect(config.withAddresses(List.of("manta://127.0.0.1:1"))))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageContaining("2 s");
    int taken = URI.create(cluster.node(0).address().orElseThrow()).getPort();
    assertThatThrownBy(() -> Manta.start(config.withPort(taken)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("port " + taken)
        .hasMessageContaining("taken");
  }

  @Test
  void shouldRefuseToFoundASecondClusterWhenPeersAreRemembered(@TempDir Path state)
      throws Exception {
    Files.writeString(state.resolve("peers"), "127.0.0.1:1\n");
    var config =
        MantaConfig.defaults()
            .withPort(0)
            .withStateFolder(state)
            .withJoinTimeout(Duration.ofSeconds(2));
    assertThatThrownBy(() -> Manta.start(config))
        .isInstanceOf(ClusterUnavailableException.class)
        .hasMessageContaining("--new-cluster");
    try (var alone =
        Manta.start(config.withNewCluster(true).withJoinTimeout(Duration.ofSeconds(20)))) {
      assertThat(alone.nodes()).hasSize(1);
    }
  }
}
