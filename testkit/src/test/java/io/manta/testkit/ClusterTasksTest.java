package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.actors.RemoteQueue;
import io.manta.actors.TaskBuilder;
import io.manta.core.Emitter;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import io.manta.core.TaskTimeoutException;
import io.manta.core.WaitCycleException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/// What tasks can do beside giving one value, from a driver to nodes.
@Timeout(value = 90, unit = TimeUnit.SECONDS)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClusterTasksTest {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static volatile CountDownLatch interrupted = new CountDownLatch(1);
  private static volatile CountDownLatch started = new CountDownLatch(1);

  private LocalCluster cluster;
  private Manta driver;

  @BeforeAll
  void start() {
    cluster = LocalCluster.start(2, MantaConfig.defaults().withCpus(2));
    driver = cluster.connect();
  }

  @AfterAll
  void close() {
    driver.close();
    cluster.close();
  }

  private void allFree() {
    Eventually.allFree(driver);
  }

  private static void count(Emitter<Integer> emitter, int most) {
    for (int i = 0; i < most; i++) {
      emitter.emit(i);
      COUNT.incrementAndGet();
    }
  }

  @Test
  void shouldCancelATaskThatAnotherProcessOwns() throws InterruptedException {
    interrupted = new CountDownLatch(1);
    started = new CountDownLatch(1);
    ObjectRef<Integer> given =
        driver
            .submit(
                () ->
                    Manta.current()
                        .submit(
                            () -> {
                              started.countDown();
                              try {
                                new CountDownLatch(1).await();
                              } catch (InterruptedException e) {
                                interrupted.countDown();
                              }
                              return 1;
                            }))
            .get();
    assertThat(started.await(30, TimeUnit.SECONDS)).isTrue();

    assertThat(given.cancel()).isTrue();

    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(given::get).isInstanceOf(TaskCancelledException.class);
    assertThat(given.cancel()).isFalse();
    allFree();
  }

  @Test
  void shouldSlowATaskElsewhereDownWhenItsConsumerIsSlow() {
    COUNT.set(0);
    RefStream<Integer> stream =
        driver.generator((Emitter<Integer> emitter) -> count(emitter, 200)).buffer(6).submit();
    await().untilAsserted(() -> assertThat(COUNT).hasValue(6));
    allFree();

    int consumed = 0;
    for (ObjectRef<Integer> ref : stream) {
      assertThat(ref.get()).isEqualTo(consumed);
      consumed++;
      assertThat(COUNT.get()).isLessThanOrEqualTo(consumed + 6);
    }
    assertThat(consumed).isEqualTo(200);
    allFree();
  }

  private static final class HttpStatus extends RuntimeException {
    private final int status;

    HttpStatus(int status) {
      this.status = status;
    }

    @Override
    public String getMessage() {
      return "status " + status;
    }
  }

  /// The driver has the exception's class, but can't make one that says the same.
  @Test
  void shouldRetryOnAnExceptionThatMakesItsOwnText() {
    COUNT.set(0);
    ObjectRef<Integer> third = failing().retryOn(HttpStatus.class).submit();
    assertThat(third.get()).isEqualTo(3);

    COUNT.set(0);
    ObjectRef<Integer> first = failing().retryOn(IllegalStateException.class).submit();
    assertThatThrownBy(first::get)
        .isInstanceOf(TaskFailedException.class)
        .rootCause()
        .hasMessageContaining("HttpStatus: status 503");
    assertThat(COUNT).hasValue(1);
  }

  private TaskBuilder<ObjectRef<Integer>> failing() {
    return driver.task(
        () -> {
          if (COUNT.incrementAndGet() < 3) {
            throw new HttpStatus(503);
          }
          return COUNT.get();
        });
  }

  @Test
  void shouldGiveRefsOfAStreamToOtherTasks() {
    var doubled = new ArrayList<ObjectRef<Integer>>();
    for (ObjectRef<Integer> ref :
        driver.generator((Emitter<Integer> emitter) -> count(emitter, 50)).submit()) {
      doubled.add(driver.submit(() -> ref.get() * 2));
    }

    assertThat(driver.get(doubled))
        .isEqualTo(IntStream.range(0, 50).map(n -> n * 2).boxed().toList());
  }

  @Test
  void shouldEndAStreamWithTheFailureOfATaskElsewhere() {
    RefStream<Integer> stream =
        driver
            .generator(
                (Emitter<Integer> emitter) -> {
                  count(emitter, 2);
                  throw new IOException("broken");
                })
            .submit();
    Iterator<ObjectRef<Integer>> values = stream.iterator();

    assertThat(values.next().get()).isZero();
    assertThat(values.next().get()).isEqualTo(1);
    assertThatThrownBy(values::hasNext)
        .isInstanceOf(TaskFailedException.class)
        .hasRootCauseMessage("broken");
    allFree();
  }

  @Test
  void shouldCancelATaskElsewhereWhoseStreamIsClosed() {
    COUNT.set(0);
    RefStream<Integer> stream =
        driver
            .generator((Emitter<Integer> emitter) -> count(emitter, Integer.MAX_VALUE))
            .buffer(3)
            .submit();
    await().untilAsserted(() -> assertThat(COUNT).hasValue(3));

    stream.close();

    allFree();
    assertThat(COUNT).hasValue(3);
  }

  @Test
  void shouldGiveSeveralResultsFromElsewhere() {
    List<ObjectRef<String>> parts =
        driver.split(2, () -> List.of("a", Manta.context().node().toString())).submit();

    assertThat(parts.getFirst().get()).isEqualTo("a");
    assertThat(parts.getLast().get()).startsWith("node-").isNotEqualTo(driver.id().toString());
  }

  @Test
  void shouldCancelATaskElsewhereAfterItsTimeout() throws Exception {
    started = new CountDownLatch(1);
    COUNT.set(0);
    ObjectRef<Boolean> parent =
        driver
            .task(() -> Manta.current().submit(ClusterTasksTest::sleep).get())
            .timeout(Duration.ofMillis(500))
            .submit();
    started.await();

    assertThatThrownBy(parent::get)
        .isInstanceOf(TaskTimeoutException.class)
        .hasMessageContaining("runs on node-");
    await().untilAsserted(() -> assertThat(COUNT).hasValue(1));
    allFree();
  }

  private static boolean sleep() throws InterruptedException {
    started.countDown();
    try {
      Thread.sleep(60_000);
    } catch (InterruptedException e) {
      COUNT.incrementAndGet();
      throw e;
    }
    return true;
  }

  @Test
  void shouldShareAQueueAmongNodes() {
    try (RemoteQueue<Integer> queue = RemoteQueue.create(driver, 10)) {
      Set<NodeId> producers = new HashSet<>();
      List<ObjectRef<NodeId>> done =
          cluster.nodes().stream()
              .map(
                  node ->
                      driver
                          .task(
                              () -> {
                                for (int i = 0; i < 100; i++) {
                                  queue.put(i);
                                }
                                return Manta.context().node();
                              })
                          .onNode(node.id())
                          .submit())
              .toList();
      int sum = 0;
      for (int i = 0; i < 200; i++) {
        sum += queue.take();
      }
      producers.addAll(driver.get(done));

      assertThat(sum).isEqualTo(9900);
      assertThat(producers).hasSize(2);
      assertThat(queue.size()).isZero();
    }
  }

  public static class Partner extends RemoteActor {
    public int callBack(ActorHandle<Partner> other, int depth) {
      ActorHandle<Partner> me = self();
      return depth == 0 ? 1 : other.call(partner -> partner.callBack(me, depth - 1)).get() + 1;
    }
  }

  @Test
  void shouldFindACycleOfWaitsAcrossNodes() {
    List<ActorHandle<Partner>> partners =
        cluster.nodes().stream()
            .map(node -> driver.actor(Partner::new).onNode(node.id()).create())
            .toList();
    ActorHandle<Partner> other = partners.getLast();

    assertThatThrownBy(partners.getFirst().call(partner -> partner.callBack(other, 2))::get)
        .isInstanceOf(TaskFailedException.class)
        .rootCause()
        .isInstanceOf(WaitCycleException.class)
        .hasMessageContaining(partners.getFirst().id().toString())
        .hasMessageContaining(other.id().toString());

    // Neither is broken by it.
    assertThat(partners.getFirst().call(partner -> partner.callBack(other, 1)).get()).isEqualTo(2);
    partners.forEach(ActorHandle::kill);
  }

  @Test
  void shouldGoOnWithAStreamWhoseNodeIsKilled() {
    try (var processes = ProcessCluster.start(2, MantaConfig.defaults().withCpus(1));
        var manta = processes.connect()) {
      RefStream<String> stream =
          manta
              .generator(
                  (Emitter<String> emitter) -> {
                    for (int i = 0; i < 40; i++) {
                      emitter.emit(i + " " + Manta.context().node());
                    }
                  })
              .buffer(5)
              .submit();
      Set<String> nodes = new HashSet<>();
      int expected = 0;
      for (ObjectRef<String> ref : stream) {
        String[] value = ref.get().split(" ");
        assertThat(value[0]).isEqualTo(Integer.toString(expected));
        nodes.add(value[1]);
        expected++;
        if (expected == 10) {
          processes.nodes().stream()
              .filter(node -> node.id().toString().equals(value[1]))
              .forEach(ProcessCluster.Node::kill);
        }
      }

      assertThat(expected).isEqualTo(40);
      assertThat(nodes).hasSize(2);
    }
  }
}
