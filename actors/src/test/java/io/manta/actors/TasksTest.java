package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.Emitter;
import io.manta.core.ObjectRef;
import io.manta.core.Ready;
import io.manta.core.RefStream;
import io.manta.core.SerializationException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import io.manta.core.TaskTimeoutException;
import io.manta.core.WaitCycleException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What tasks can do beside giving one value, embedded.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TasksTest {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final AtomicInteger MOST = new AtomicInteger();
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile List<CountDownLatch> gates = List.of();
  private static volatile CountDownLatch latch = new CountDownLatch(1);

  private Manta manta;

  @BeforeEach
  void start() {
    manta = Manta.start(MantaConfig.defaults().withCpus(2));
    started = new CountDownLatch(1);
    latch = new CountDownLatch(1);
    COUNT.set(0);
    MOST.set(0);
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

  private static void block() throws InterruptedException {
    started.countDown();
    latch.await();
  }

  private static void count(Emitter<Integer> emitter, int most) {
    for (int i = 0; i < most; i++) {
      emitter.emit(i);
      COUNT.incrementAndGet();
    }
  }

  // Retries and timeouts

  @Test
  void shouldWaitBeforeARetry() {
    ObjectRef<Integer> third =
        manta
            .task(
                () -> {
                  if (COUNT.incrementAndGet() < 3) {
                    throw new IOException("not yet");
                  }
                  return Manta.context().attempt();
                })
            .retryOn(IOException.class)
            .backoff(Duration.ofMillis(20), Duration.ofMillis(40))
            .submit();

    assertThat(third.get()).isEqualTo(3);
    allFree();
  }

  @Test
  void shouldSayAfterHowManyAttemptsATaskWasGivenUp() {
    ObjectRef<Integer> failing =
        manta
            .<Integer>task(
                () -> {
                  throw new IOException("no luck");
                })
            .retries(2)
            .retryOn(IOException.class)
            .submit();

    assertThatThrownBy(failing::get)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("no luck, after 3 attempt(s); 2 retries are allowed")
        .hasRootCauseInstanceOf(IOException.class);
  }

  @Test
  void shouldSayThatATaskWaitsForItsRetryAndCancelItThen() {
    ObjectRef<Integer> failing =
        manta
            .<Integer>task(
                () -> {
                  COUNT.incrementAndGet();
                  throw new IOException("never");
                })
            .named("failing")
            .retryOn(IOException.class)
            .backoff(Duration.ofMinutes(10), Duration.ofMinutes(10))
            .submit();

    await()
        .untilAsserted(
            () ->
                assertThat(manta.explain(failing))
                    .hasValueSatisfying(
                        text -> assertThat(text).contains("'failing'").contains("retry")));
    assertThat(failing.cancel()).isTrue();
    assertThatThrownBy(failing::get)
        .isInstanceOf(TaskCancelledException.class)
        .hasMessageMatching("task 'failing' \\(task-.*\\) was cancelled");
    assertThat(COUNT).hasValue(1);
    allFree();
  }

  @Test
  void shouldCancelATaskAndItsChildrenAfterItsTimeout() throws Exception {
    ObjectRef<Boolean> parent =
        manta
            .task(
                () ->
                    Manta.current()
                        .submit(
                            () -> {
                              try {
                                block();
                              } catch (InterruptedException e) {
                                COUNT.incrementAndGet();
                                throw e;
                              }
                              return true;
                            })
                        .get())
            .named("slow")
            .timeout(Duration.ofMillis(300))
            .submit();
    started.await();

    assertThatThrownBy(parent::get)
        .isInstanceOf(TaskTimeoutException.class)
        .hasMessageContaining("'slow'")
        .hasMessageContaining("300 ms");
    await().untilAsserted(() -> assertThat(COUNT).hasValue(1));
    allFree();
  }

  @Test
  void shouldCountTheWaitForResourcesInTheTimeout() throws Exception {
    List<ObjectRef<Object>> blockers =
        IntStream.range(0, 2)
            .mapToObj(
                i ->
                    manta.submit(
                        () -> {
                          block();
                          return new Object();
                        }))
            .toList();
    started.await();

    ObjectRef<Integer> waiting = manta.task(() -> 1).timeout(Duration.ofMillis(100)).submit();

    assertThatThrownBy(waiting::get)
        .isInstanceOf(TaskTimeoutException.class)
        .hasMessageContaining("waits");
    latch.countDown();
    assertThat(manta.get(blockers)).hasSize(2);
  }

  @Test
  void shouldRefuseOptionsThatCanNotBe() {
    var task = manta.task(() -> 1);

    assertThatThrownBy(() -> task.timeout(Duration.ZERO)).hasMessageContaining("PT0S");
    assertThatThrownBy(() -> task.buffer(0)).hasMessageContaining("buffer of 0");
    assertThatThrownBy(() -> task.backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessageContaining("PT2S");
    assertThatThrownBy(() -> manta.split(0, () -> List.of())).hasMessageContaining("count of 0");
    assertThatThrownBy(() -> task.buffer(3).submit())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("buffer of 3 is for a generator");
    assertThatThrownBy(() -> manta.split(2, () -> List.of(1, 2)).buffer(3).submit())
        .hasMessageContaining("manta.generator(...)");
  }

  @Test
  void shouldFailThenWhenItsFunctionGivesNoRef() {
    ObjectRef<Integer> next = manta.submit(() -> 1).then(one -> null);

    assertThatThrownBy(next::get)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("the then of ")
        .hasMessageContaining("gave null where a ref is needed");
  }

  // Several results

  @Test
  void shouldGiveARefForEachOfSeveralResults() {
    List<ObjectRef<String>> parts = manta.split(3, () -> List.of("a", "b", "c")).cpus(2).submit();

    assertThat(manta.get(parts)).containsExactly("a", "b", "c");
    ObjectRef<String> last = parts.getLast();
    assertThat(manta.submit(() -> last.get() + "!").get()).isEqualTo("c!");
    allFree();
  }

  @Test
  void shouldFailAllResultsWithTheirTask() {
    List<ObjectRef<String>> tooFew = manta.split(3, () -> List.of("a", "b")).submit();

    for (ObjectRef<String> part : tooFew) {
      assertThatThrownBy(part::get)
          .isInstanceOf(TaskFailedException.class)
          .hasMessageContaining("2 results")
          .hasMessageContaining("3 were announced");
    }
  }

  @Test
  void shouldCancelAllResultsWithOne() throws Exception {
    List<ObjectRef<Integer>> parts =
        manta
            .<Integer>split(
                2,
                () -> {
                  block();
                  return List.of(1, 2);
                })
            .submit();
    started.await();

    assertThat(parts.getFirst().cancel()).isTrue();

    assertThatThrownBy(parts.getLast()::get).isInstanceOf(TaskCancelledException.class);
    allFree();
  }

  // Generators

  @Test
  void shouldGiveValuesWhileTheTaskRuns() {
    RefStream<Integer> stream =
        manta
            .generator(
                (Emitter<Integer> emitter) -> {
                  emitter.emit(1);
                  block();
                  emitter.emit(2);
                })
            .submit();
    Iterator<ObjectRef<Integer>> values = stream.iterator();

    assertThat(values.next().get()).isEqualTo(1); // the task goes no further yet
    latch.countDown();
    assertThat(values.next().get()).isEqualTo(2);
    assertThat(values.hasNext()).isFalse();
    allFree();
  }

  @Test
  void shouldSlowTheTaskDownWhenItsConsumerIsSlow() {
    RefStream<Integer> stream =
        manta.generator((Emitter<Integer> emitter) -> count(emitter, 100)).buffer(4).submit();
    await().untilAsserted(() -> assertThat(COUNT).hasValue(4));
    allFree(); // a task that waits for its consumer gives its resources back

    int consumed = 0;
    for (ObjectRef<Integer> ref : stream) {
      assertThat(ref.get()).isEqualTo(consumed);
      consumed++;
      assertThat(COUNT.get()).isLessThanOrEqualTo(consumed + 4);
    }
    assertThat(consumed).isEqualTo(100);
  }

  @Test
  void shouldEndAStreamWithTheFailureOfItsTask() {
    RefStream<Integer> stream =
        manta
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
  }

  @Test
  void shouldNotRepeatValuesWhenATaskIsRetried() {
    RefStream<Integer> stream =
        manta
            .generator(
                (Emitter<Integer> emitter) -> {
                  count(emitter, Manta.context().attempt() * 3);
                  if (Manta.context().attempt() < 3) {
                    throw new IOException("again");
                  }
                })
            .retryOn(IOException.class)
            .buffer(2)
            .submit();

    assertThat(stream.values()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8);
    allFree();
  }

  @Test
  void shouldCancelTheTaskOfAStreamThatIsClosed() {
    RefStream<Integer> stream =
        manta
            .generator((Emitter<Integer> emitter) -> count(emitter, Integer.MAX_VALUE))
            .buffer(3)
            .submit();
    await().untilAsserted(() -> assertThat(COUNT).hasValue(3));

    try (stream) {
      assertThat(stream.values().limit(2)).containsExactly(0, 1);
    }

    allFree();
    assertThat(COUNT.get()).isLessThanOrEqualTo(6);
    assertThatThrownBy(stream::iterator).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldRefuseAValueThatCannotBeCopied() {
    RefStream<Object> stream =
        manta.generator((Emitter<Object> emitter) -> emitter.emit(Thread.currentThread())).submit();
    Iterator<ObjectRef<Object>> values = stream.iterator();

    assertThatThrownBy(values::hasNext).isInstanceOf(SerializationException.class);
  }

  private static final class Collector implements Flow.Subscriber<ObjectRef<Integer>> {
    private final List<Integer> values = new ArrayList<>();
    private final CompletableFuture<List<Integer>> done = new CompletableFuture<>();
    private final int most;
    private Flow.Subscription subscription;

    Collector(int most) {
      this.most = most;
    }

    @Override
    public void onSubscribe(Flow.Subscription granted) {
      subscription = granted;
      granted.request(1);
    }

    @Override
    public void onNext(ObjectRef<Integer> ref) {
      values.add(ref.get());
      assertThat(COUNT.get()).isLessThanOrEqualTo(values.size() + 16);
      if (values.size() == most) {
        subscription.cancel();
        done.complete(values);
      } else {
        subscription.request(1);
      }
    }

    @Override
    public void onError(Throwable failure) {
      done.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      done.complete(values);
    }
  }

  @Test
  void shouldPublishAStreamWithBackpressure() throws Exception {
    var whole = new Collector(Integer.MAX_VALUE);
    manta
        .generator((Emitter<Integer> emitter) -> count(emitter, 50))
        .buffer(4)
        .submit()
        .subscribe(whole);
    assertThat(whole.done.get()).isEqualTo(IntStream.range(0, 50).boxed().toList());

    COUNT.set(0);
    var part = new Collector(5);
    manta
        .generator((Emitter<Integer> emitter) -> count(emitter, Integer.MAX_VALUE))
        .buffer(4)
        .submit()
        .subscribe(part);
    assertThat(part.done.get()).containsExactly(0, 1, 2, 3, 4);
    allFree();
  }

  @Test
  void shouldPublishTheFailureOfATask() {
    var collector = new Collector(Integer.MAX_VALUE);
    manta
        .generator(
            (Emitter<Integer> emitter) -> {
              emitter.emit(7);
              throw new IOException("broken");
            })
        .submit()
        .subscribe(collector);

    assertThatThrownBy(collector.done::get)
        .hasCauseInstanceOf(TaskFailedException.class)
        .hasRootCauseMessage("broken");
    assertThat(collector.values).containsExactly(7);
  }

  // Without blocking

  @Test
  void shouldMapAValueWithoutBlocking() {
    ObjectRef<Integer> length = manta.submit(() -> "manta").map(String::length);

    assertThat(length.get()).isEqualTo(5);
    assertThat(manta.submit(() -> length.get() * 2).get()).isEqualTo(10);
    assertThat(length.map(n -> new int[] {n}).get()).containsExactly(5);
  }

  @Test
  void shouldSubmitWhatFollowsWithoutBlocking() {
    Manta runtime = manta;
    ObjectRef<Integer> next =
        manta.submit(() -> 20).then(n -> runtime.submit(() -> n + 1)).map(n -> n * 2);

    assertThat(next.get()).isEqualTo(42);
  }

  @Test
  void shouldFailWhatFollowsAFailure() {
    ObjectRef<Integer> failed =
        manta.submit(
            () -> {
              throw new IOException("no luck");
            });

    assertThatThrownBy(failed.map(n -> n + 1)::get)
        .isInstanceOf(TaskFailedException.class)
        .hasRootCauseMessage("no luck");
    assertThatThrownBy(
            manta
                    .submit(() -> 1)
                    .map(
                        n -> {
                          throw new IOException("bad step");
                        })
                ::get)
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("map of object-")
        .hasRootCauseMessage("bad step");
  }

  @Test
  void shouldCancelAStepAndNotWhatItFollows() throws Exception {
    ObjectRef<Boolean> slow =
        manta.submit(
            () -> {
              block();
              return true;
            });
    started.await();
    ObjectRef<Integer> mapped = slow.map(value -> COUNT.incrementAndGet());

    assertThat(mapped.cancel()).isTrue();
    latch.countDown();

    assertThat(slow.get()).isTrue();
    assertThatThrownBy(mapped::get).isInstanceOf(TaskCancelledException.class);
    assertThat(COUNT).hasValue(0);
  }

  @Test
  void shouldCancelTheTaskThatFollows() throws Exception {
    Manta runtime = manta;
    ObjectRef<Boolean> next =
        manta
            .submit(() -> 1)
            .then(
                n ->
                    runtime.submit(
                        () -> {
                          block();
                          return true;
                        }));
    started.await();

    assertThat(next.cancel()).isTrue();

    allFree();
  }

  // Waits that can never end

  public static class Partner extends RemoteActor {
    public int callBack(ActorHandle<Partner> other, int depth) {
      ActorHandle<Partner> me = self();
      return depth == 0 ? 1 : other.call(partner -> partner.callBack(me, depth - 1)).get() + 1;
    }

    public int callItself() {
      ActorHandle<Partner> me = self();
      return me.call(partner -> partner.callBack(me, 0)).get();
    }
  }

  @Test
  void shouldFindAnActorThatWaitsForItself() {
    ActorHandle<Partner> partner = manta.actor(Partner::new).named("narcissus").create();

    assertThatThrownBy(partner.call(Partner::callItself)::get)
        .isInstanceOf(TaskFailedException.class)
        .rootCause()
        .isInstanceOf(WaitCycleException.class)
        .hasMessageContaining("'narcissus'");
    assertThat(partner.call(actor -> actor.callBack(actor.self(), 0)).get()).isEqualTo(1);
  }

  @Test
  void shouldFindActorsThatWaitForEachOther() {
    ActorHandle<Partner> one = manta.actor(Partner::new).named("one").create();
    ActorHandle<Partner> two = manta.actor(Partner::new).named("two").create();

    assertThatThrownBy(one.call(partner -> partner.callBack(two, 2))::get)
        .isInstanceOf(TaskFailedException.class)
        .rootCause()
        .isInstanceOf(WaitCycleException.class)
        .hasMessageContaining("'one'")
        .hasMessageContaining("'two'");
    assertThat(one.call(partner -> partner.callBack(two, 1)).get()).isEqualTo(2);
  }

  @Test
  void shouldFindATaskThatWaitsForItself() {
    try (RemoteQueue<List<ObjectRef<Integer>>> queue = RemoteQueue.create(manta)) {
      ObjectRef<Integer> waiting =
          manta
              .task(() -> queue.take().getFirst().map(n -> n + 1).get())
              .named("ouroboros")
              .submit();
      queue.put(List.of(waiting));

      assertThatThrownBy(waiting::get)
          .isInstanceOf(TaskFailedException.class)
          .rootCause()
          .isInstanceOf(WaitCycleException.class)
          .hasMessageContaining("'ouroboros'");
    }
    allFree();
  }

  @Test
  void shouldFindATaskThatWaitsForAPartOfItself() {
    try (RemoteQueue<List<ObjectRef<Integer>>> queue = RemoteQueue.create(manta)) {
      List<ObjectRef<Integer>> parts =
          manta.split(2, () -> List.of(1, queue.take().getFirst().get())).named("tail").submit();
      queue.put(List.of(parts.getFirst()));

      assertThatThrownBy(parts.getFirst()::get)
          .isInstanceOf(TaskFailedException.class)
          .rootCause()
          .isInstanceOf(WaitCycleException.class)
          .hasMessageContaining("'tail'");
    }
    allFree();
  }

  @Test
  void shouldNotTakeALongWaitForACycle() throws Exception {
    ObjectRef<Boolean> slow =
        manta.submit(
            () -> {
              block();
              return true;
            });
    ActorHandle<Partner> partner = manta.actor(Partner::new).create();
    ObjectRef<Boolean> waiting = manta.submit(() -> slow.get());
    started.await();

    await()
        .during(Duration.ofSeconds(3))
        .atMost(Duration.ofSeconds(10))
        .until(() -> !waiting.isDone());

    latch.countDown();
    assertThat(waiting.get()).isTrue();
    assertThat(partner.call(actor -> actor.callBack(actor.self(), 0)).get()).isEqualTo(1);
  }

  // Many refs

  @Test
  void shouldGiveRefsInTheOrderInWhichTheyAreDone() {
    List<CountDownLatch> latches = Stream.generate(() -> new CountDownLatch(1)).limit(3).toList();
    gates = latches;
    List<ObjectRef<Integer>> refs =
        IntStream.range(0, 3)
            .mapToObj(
                i ->
                    manta
                        .task(
                            () -> {
                              gates.get(i).await();
                              return 6 / (i - 1); // the second fails
                            })
                        .cpus(0)
                        .submit())
            .toList();
    Iterator<ObjectRef<Integer>> completed = manta.asCompleted(refs).iterator();

    for (int next : new int[] {2, 1, 0}) {
      latches.get(next).countDown();
      assertThat(completed.next()).isEqualTo(refs.get(next));
    }

    assertThat(completed.hasNext()).isFalse();
    assertThat(manta.asCompleted(List.<ObjectRef<Integer>>of()).values()).isEmpty();
  }

  @Test
  void shouldWorkOnInputsInOrderAndNotMoreThanTheWidthAtOnce() {
    WorkPool<Integer, Integer> pool =
        manta.pool(
            3,
            n ->
                manta
                    .task(
                        () -> {
                          int now = COUNT.incrementAndGet();
                          MOST.accumulateAndGet(now, Math::max);
                          Thread.yield();
                          COUNT.decrementAndGet();
                          return n * n;
                        })
                    .cpus(0)
                    .submit());

    assertThat(pool.map(IntStream.range(0, 200).boxed()).values())
        .isEqualTo(IntStream.range(0, 200).map(n -> n * n).boxed().toList());
    assertThat(MOST.get()).isBetween(1, 3);
    assertThat(pool.mapUnordered(Stream.of(1, 2, 3)).values()).containsExactlyInAnyOrder(1, 4, 9);
    assertThat(pool.map(Stream.<Integer>empty()).values()).isEmpty();

    WorkPool<Integer, Integer> second = manta.pool(3, n -> manta.submit(() -> n + 1));
    Stream<Integer> squares = pool.mapUnordered(IntStream.range(0, 300).boxed()).values();
    assertThat(second.mapUnordered(squares).values()).hasSize(300);

    Iterator<ObjectRef<Integer>> broken =
        pool.map(Stream.of(1, 2, 3, 0, 4).map(n -> 12 / n)).iterator();
    assertThat(broken.next().get()).isEqualTo(144);
    assertThatThrownBy(
            () -> {
              while (broken.hasNext()) {
                broken.next();
              }
            })
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void shouldTakeInputsOnlyAsResultsAreTaken() {
    WorkPool<Integer, Integer> pool = manta.pool(2, n -> manta.submit(() -> n));
    try (RefStream<Integer> results = pool.map(Stream.iterate(0, n -> n + 1).peek(COUNT::set))) {
      Iterator<ObjectRef<Integer>> taken = results.iterator();
      for (int i = 0; i < 10; i++) {
        assertThat(taken.next().get()).isEqualTo(i);
        assertThat(COUNT.get()).isLessThanOrEqualTo(i + 2);
      }
    }
  }

  public static class Worker extends RemoteActor {
    private int worked;

    public int square(int n) {
      worked++;
      return n * n;
    }

    public int worked() {
      return worked;
    }
  }

  @Test
  void shouldShareInputsAmongActors() {
    List<ActorHandle<Worker>> workers =
        IntStream.range(0, 3).mapToObj(i -> manta.actor(Worker::new).create()).toList();
    WorkPool<Integer, Integer> pool =
        manta.pool(workers, (worker, n) -> worker.call(actor -> actor.square(n)));

    assertThat(pool.mapUnordered(IntStream.range(0, 100).boxed()).values())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 100).map(n -> n * n).boxed().toList());

    List<Integer> worked =
        manta.get(workers.stream().map(worker -> worker.call(Worker::worked)).toList());
    assertThat(worked).doesNotContain(0);
    assertThat(worked.stream().mapToInt(n -> n).sum()).isEqualTo(100);
  }

  @Test
  void shouldGoOnAfterAnInputThatFailed() {
    WorkPool<Integer, Integer> pool = manta.pool(2, n -> manta.submit(() -> 6 / n));

    var failed = new ArrayList<Integer>();
    var right = new ArrayList<Integer>();
    int index = 0;
    for (ObjectRef<Integer> ref : pool.map(Stream.of(1, 0, 3))) {
      try {
        right.add(ref.get());
      } catch (TaskFailedException e) {
        failed.add(index);
      }
      index++;
    }

    assertThat(right).containsExactly(6, 2);
    assertThat(failed).containsExactly(1);
  }

  @Test
  void shouldShareAQueueAmongTasks() {
    try (RemoteQueue<Integer> queue = RemoteQueue.create(manta, 3)) {
      ObjectRef<Integer> producer =
          manta
              .task(
                  () -> {
                    for (int i = 0; i < 100; i++) {
                      queue.put(i);
                    }
                    return 100;
                  })
              .submit();
      var taken = new ArrayList<Integer>();
      for (int i = 0; i < 100; i++) {
        taken.add(queue.take());
      }

      assertThat(producer.get()).isEqualTo(100);
      assertThat(taken).isEqualTo(IntStream.range(0, 100).boxed().toList());
      assertThat(queue.poll(Duration.ofMillis(1))).isEmpty();
    }
  }

  @Test
  void shouldBoundAQueue() {
    try (RemoteQueue<String> queue = RemoteQueue.create(manta, 2)) {
      queue.put("a");
      queue.put("b");

      assertThat(queue.offer("c", Duration.ofMillis(1))).isFalse();
      assertThat(queue.size()).isEqualTo(2);
      ObjectRef<?> waiting = queue.putAsync("c");
      assertThat(queue.take()).isEqualTo("a");
      waiting.get();
      assertThat(queue.drain(10)).containsExactly("b", "c");
      assertThatThrownBy(() -> RemoteQueue.create(manta, 0)).hasMessageContaining("capacity of 0");
    }
  }

  @Test
  void shouldNotLoseAValueWhenATakeIsCancelled() {
    try (RemoteQueue<String> queue = RemoteQueue.create(manta)) {
      ObjectRef<String> given = queue.takeAsync();
      await().untilAsserted(() -> assertThat(queue.size()).isZero());
      given.cancel();
      assertThatThrownBy(given::get).isInstanceOf(TaskCancelledException.class);

      ObjectRef<String> taken = queue.takeAsync();
      queue.put("a");

      assertThat(taken.get(Duration.ofSeconds(20))).isEqualTo("a");
    }
  }

  @Test
  void shouldNotLoseAValueThatComesAsItsTakeIsCancelled() throws InterruptedException {
    var holder = new RemoteQueue.Holder<String>(1);
    holder.put("a");

    Thread.currentThread().interrupt();
    assertThatThrownBy(holder::take).isInstanceOf(InterruptedException.class);
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> holder.poll(Duration.ofSeconds(1)))
        .isInstanceOf(InterruptedException.class);

    assertThat(holder.offer("b", Duration.ZERO)).isFalse();
    assertThat(holder.take()).isEqualTo("a");
    assertThat(holder.offer("b", Duration.ZERO)).isTrue();
  }

  @Test
  void shouldThrowTheFailureOfAListThatIsGotAlthoughALaterRefIsPending() {
    ObjectRef<String> parent =
        manta.submit(
            () -> {
              Manta here = Manta.current();
              ObjectRef<String> fails =
                  here.submit(
                      () -> {
                        started.await();
                        throw new IOException("no luck");
                      });
              ObjectRef<String> pending =
                  here.submit(
                      () -> {
                        block();
                        return "late";
                      });
              try {
                here.get(List.of(fails, pending));
                return "nothing failed";
              } catch (TaskFailedException e) {
                return e.getCause().getMessage() + ", pending " + !pending.isDone();
              }
            });

    assertThat(parent.get()).isEqualTo("no luck, pending true");
  }

  @Test
  void shouldKnowItsConsumersOnce() {
    RefStream<Integer> stream = manta.asCompleted(Set.of(manta.submit(() -> 1)));
    assertThat(stream.values()).containsExactly(1);
    assertThatThrownBy(() -> stream.subscribe(new Collector(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a consumer already");
  }

  @Test
  void shouldCountARefAsOftenAsItIsAwaited() {
    ObjectRef<Integer> slow = manta.submit(() -> wait(1));
    ObjectRef<Integer> fast = manta.submit(() -> 2);
    ObjectRef<Ready<Integer>> both =
        manta
            .task(() -> Manta.current().await(List.of(slow, slow, fast), 3, Duration.ofSeconds(30)))
            .cpus(0)
            .submit();
    assertThat(fast.get()).isEqualTo(2);
    assertThat(both.isDone()).isFalse();

    latch.countDown();

    assertThat(both.get().ready()).containsExactly(slow, slow, fast);
    assertThat(both.get().pending()).isEmpty();
  }

  @Test
  void shouldWaitAgainForWhatAnEarlierWaitGaveUp() throws InterruptedException {
    List<ObjectRef<Integer>> slow =
        List.of(manta.submit(() -> wait(1)), manta.submit(() -> wait(2)));
    started.await();
    for (int i = 0; i < 1000; i++) {
      assertThat(manta.await(slow, 1, Duration.ofNanos(1)).ready()).isEmpty();
    }

    latch.countDown();

    Ready<Integer> found = manta.await(slow, 2, Duration.ofSeconds(30));
    assertThat(manta.get(found.ready())).containsExactly(1, 2);
  }

  @Test
  void shouldFindEachOfManyOnceWhenWaitingForOneAtATime() {
    List<ObjectRef<Integer>> pending =
        IntStream.range(0, 500).mapToObj(i -> manta.submit(() -> i)).toList();
    var found = new ArrayList<Integer>();
    while (!pending.isEmpty()) {
      Ready<Integer> next = manta.await(pending, 1, Duration.ofSeconds(30));
      next.ready().forEach(ref -> found.add(ref.get()));
      pending = next.pending();
    }

    assertThat(found).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 500).boxed().toList());
  }

  private static int wait(int answer) throws InterruptedException {
    block();
    return answer;
  }
}
