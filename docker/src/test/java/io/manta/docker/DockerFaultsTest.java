package io.manta.docker;

import static java.util.Comparator.comparing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.DurableActor;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.GetTimeoutException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.TaskFailedException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/// Five nodes in containers, whose network is cut, which are paused and killed, and which run out
/// of memory and of disk. Skipped without a Docker engine, unless `-Dtest.docker=required`.
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class DockerFaultsTest {
  private static final int NODES = 5;

  /// More changes than fit on a full disk.
  private static final int MANY = 20_000;

  private static final Duration SOON = Duration.ofSeconds(120);

  private static DockerCluster cluster;
  private static Manta driver;

  private String phase = "starting";

  /// Each failure says in which phase it was.
  @RegisterExtension final Told told = new Told();

  private final class Told
      implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {
    @Override
    public void handleTestExecutionException(ExtensionContext test, Throwable failure) {
      throw new AssertionError(
          "%s: %s%n%s".formatted(phase, failure.getMessage(), cluster.tails()), failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext test, Throwable failure) {
      handleTestExecutionException(test, failure);
    }
  }

  public static class Counter extends RemoteActor {
    private int count;

    public int add() {
      return ++count;
    }

    public NodeId where() {
      return context().node();
    }
  }

  public record Kept(int count) {}

  public record Added() implements DurableActor.Change<Kept> {
    @Override
    public Kept applyTo(Kept kept) {
      return new Kept(kept.count() + 1);
    }
  }

  public static class DurableCounter extends DurableActor<Kept> {
    public DurableCounter(String id) {
      super(id);
    }

    @Override
    protected Kept initialState() {
      return new Kept(0);
    }

    public int add() {
      persist(new Added());
      return state().count();
    }
  }

  @BeforeAll
  static void start() throws Exception {
    cluster = DockerCluster.startOrSkip(NODES);
    driver = cluster.connect();
  }

  @AfterAll
  static void close() {
    if (driver != null) {
      driver.close();
    }
    if (cluster != null) {
      cluster.close();
    }
  }

  /// All nodes, with their network; those that ended are started again, also when what ended them
  /// came as late as now.
  @BeforeEach
  void heal() {
    cluster.nodes().forEach(DockerCluster.Node::heal);
    await(
        "all nodes are there",
        () -> {
          cluster.nodes().stream()
              .filter(node -> !node.isRunning())
              .forEach(DockerCluster.Node::startAgain);
          return driver.nodes().size() == NODES;
        });
  }

  private void await(String what, Callable<Boolean> condition) {
    try {
      Awaitility.await(what).atMost(SOON).until(condition);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(e.getMessage() + "; there are " + driver.nodes(), e);
    }
  }

  private static NodeId id(DockerCluster.Node node) {
    return driver.nodes().stream()
        .filter(info -> info.address().contains(node.address().substring("manta://".length())))
        .map(NodeInfo::id)
        .findFirst()
        .orElseThrow();
  }

  private static List<NodeId> ids() {
    return driver.nodes().stream().map(NodeInfo::id).sorted(comparing(NodeId::value)).toList();
  }

  private static ActorHandle<Counter> counterOn(NodeId node) {
    ActorHandle<Counter> counter =
        driver.actor(Counter::new).preferNode(node).maxRestarts(5).create();
    assertThat(counter.call(Counter::where).get(SOON)).isEqualTo(node);
    return counter;
  }

  private static boolean livesElsewhere(ActorHandle<Counter> counter, NodeId than) {
    try {
      return !counter.call(Counter::where).get(SOON).equals(than);
    } catch (ActorDiedException e) {
      return false; // it is on its way
    }
  }

  private static void allWorks() {
    List<ObjectRef<Integer>> squares =
        IntStream.range(0, 40).mapToObj(i -> driver.submit(() -> i * i)).toList();
    for (int i = 0; i < squares.size(); i++) {
      assertThat(squares.get(i).get(SOON)).isEqualTo(i * i);
    }
    ObjectRef<int[]> large = driver.submit(() -> IntStream.range(0, 300_000).toArray());
    assertThat(driver.submit(() -> large.get()[299_999]).get(SOON)).isEqualTo(299_999);
  }

  private static void pause(Duration duration) {
    LockSupport.parkNanos(duration.toNanos());
  }

  @Test
  void shouldLoseNothingWhenTheNetworkOfANodeIsCutForAMoment() {
    phase = "a cut of a second";
    DockerCluster.Node node = cluster.node(4);
    NodeId before = id(node);
    ActorHandle<Counter> counter = counterOn(before);
    assertThat(counter.call(Counter::add).get(SOON)).isEqualTo(1);
    node.cut();
    List<ObjectRef<Integer>> calls =
        IntStream.range(0, 5).mapToObj(i -> counter.call(Counter::add)).toList();
    pause(Duration.ofSeconds(1));
    node.heal();
    for (int i = 0; i < calls.size(); i++) {
      assertThat(calls.get(i).get(SOON)).isEqualTo(i + 2);
    }
    assertThat(id(node)).isEqualTo(before);
    allWorks();
    counter.kill();
  }

  @Test
  void shouldGoOnWithoutANodeThatIsCutOffAndTakeItBack() {
    phase = "a cut for long";
    DockerCluster.Node node = cluster.node(3);
    NodeId before = id(node);
    ActorHandle<Counter> counter = counterOn(before);
    ObjectRef<Boolean> task = staysOn(before);
    node.cut();
    await("the others go on without it", () -> driver.nodes().size() == NODES - 1);
    assertThat(task.get(SOON)).isTrue();
    await("its actor lives elsewhere", () -> livesElsewhere(counter, before));
    allWorks();
    await("it ends", () -> !node.isRunning());
    phase = "the network is whole again";
    node.heal();
    node.startAgain();
    await("it is there again", () -> driver.nodes().size() == NODES);
    counterOn(id(node)).kill();
    counter.kill();
  }

  /// A task that ends only where that node is not.
  private ObjectRef<Boolean> staysOn(NodeId node) {
    ObjectRef<Boolean> task =
        driver
            .task(
                () -> {
                  if (Manta.context().node().equals(node)) {
                    new CountDownLatch(1).await();
                  }
                  return true;
                })
            .preferNode(node)
            .submit();
    await("a task runs there", () -> driver.explain(task).orElse("").contains("runs on " + node));
    return task;
  }

  @Test
  void shouldGoOnWithoutANodeThatIsPaused() {
    phase = "a container is paused";
    DockerCluster.Node node = cluster.node(2);
    NodeId before = id(node);
    ActorHandle<Counter> counter = counterOn(before);
    ObjectRef<Boolean> task = staysOn(before);
    node.pause();
    try {
      await("the others go on without it", () -> driver.nodes().size() == NODES - 1);
      assertThat(task.get(SOON)).isTrue();
      await("its actor lives elsewhere", () -> livesElsewhere(counter, before));
      allWorks();
    } finally {
      node.unpause();
    }
    phase = "it goes on";
    List<NodeId> others = ids();
    await("it finds out and ends", () -> !node.isRunning());
    assertThat(ids()).as("it took nobody along").isEqualTo(others).hasSize(NODES - 1);
    assertThat(livesElsewhere(counter, before)).isTrue();
    counter.kill();
  }

  @Test
  void shouldGoOnWithoutANodeThatIsKilled() {
    phase = "a container is killed";
    DockerCluster.Node node = cluster.node(1);
    NodeId before = id(node);
    ActorHandle<Counter> counter = counterOn(before);
    List<ObjectRef<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      tasks.add(staysOn(before));
    }
    node.kill();
    for (ObjectRef<Boolean> task : tasks) {
      assertThat(task.get(SOON)).isTrue();
    }
    await("its actor lives elsewhere", () -> livesElsewhere(counter, before));
    allWorks();
    counter.kill();
  }

  @Test
  void shouldLoseNoMoreThanATaskWhenItTakesMoreMemoryThanItsContainerHas() {
    phase = "a container's memory is full";
    DockerCluster.Node node = cluster.node(2);
    NodeId before = id(node);
    ActorHandle<Counter> counter = counterOn(id(cluster.node(3)));
    ObjectRef<Integer> greedy =
        driver.task(DockerFaultsTest::takeMemory).preferNode(before).retries(0).submit();
    assertThatThrownBy(() -> greedy.get(SOON))
        .isInstanceOf(MantaException.class)
        .isNotInstanceOf(GetTimeoutException.class);
    await("the kernel has ended its node", () -> !node.isRunning());
    phase = "its memory was full";
    assertThat(counter.call(Counter::add).get(SOON)).isEqualTo(1);
    allWorks();
    heal();
    counter.kill();
  }

  /// Outside of the heap, for which the container has no room.
  private static int takeMemory() {
    List<ByteBuffer> taken = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      ByteBuffer some = ByteBuffer.allocateDirect(1 << 20);
      while (some.hasRemaining()) {
        some.put((byte) 1);
      }
      taken.add(some);
    }
    return taken.size();
  }

  @Test
  void shouldLoseNoChangeWhenADiskIsFull() throws Exception {
    phase = "a disk is full";
    DockerCluster.Node node = cluster.node(4);
    ActorHandle<DurableCounter> counter =
        driver
            .actor(() -> new DurableCounter("full"))
            .preferNode(id(node))
            .maxRestarts(100)
            .create();
    int kept = counter.call(DurableCounter::add).get(SOON);
    node.fillDisk();
    List<String> failures = new ArrayList<>();
    int asked = 1;
    while (node.isRunning() && asked < MANY) {
      asked++;
      try {
        int now = counter.call(DurableCounter::add).get(SOON);
        assertThat(now).isGreaterThan(kept);
        kept = now;
      } catch (TaskFailedException | ActorDiedException e) {
        failures.add(e.toString());
      }
    }
    await("the node, which can keep nothing more, ends", () -> !node.isRunning());
    phase = "the state goes on elsewhere";
    int after = counter.call(DurableCounter::add).get(SOON);
    assertThat(after).isGreaterThan(kept).isLessThanOrEqualTo(asked + 1);
    assertThat(after - kept - 1).as("%s", failures).isLessThanOrEqualTo(failures.size());
    counter.kill();
  }
}
