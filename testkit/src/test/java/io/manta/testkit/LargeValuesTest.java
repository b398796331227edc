package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.core.DataSize;
import io.manta.core.FloatArray;
import io.manta.core.GetTimeoutException;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.OwnerDiedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Large values: once per host, copied between hosts, made again when they are lost. Processes with
/// folders of their own are different hosts to each other.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LargeValuesTest {
  private static final int SIZE = 1_000_000;
  private static final AtomicInteger RUNS = new AtomicInteger();

  @TempDir private Path folder;

  private Hosts hosts;

  static class Holder extends RemoteActor {
    private ObjectRef<float[]> made = Manta.current().put(new float[0]);

    ObjectRef<float[]> make() {
      made = Manta.current().put(array());
      return made;
    }

    float[] give() {
      return array();
    }

    double sum(ObjectRef<float[]> ref) {
      return LargeValuesTest.sum(ref.get());
    }
  }

  @BeforeEach
  void start() {
    hosts = new Hosts(folder);
  }

  @AfterEach
  void close() {
    hosts.close();
  }

  private static float[] array() {
    var array = new float[SIZE];
    for (int i = 0; i < array.length; i++) {
      array[i] = i % 1000;
    }
    return array;
  }

  private static double sum(float[] array) {
    double sum = 0;
    for (float element : array) {
      sum += element;
    }
    return sum;
  }

  private static volatile CountDownLatch gate = new CountDownLatch(0);

  private static final double SUM = sum(array());

  @Test
  void shouldStoreALargeValueOncePerHost() {
    hosts.node("red");
    hosts.node("red");
    Manta driver = hosts.driver("red");
    putAndRead(driver, 1);
    hosts.nothingIsKept();
  }

  private void putAndRead(Manta driver, int copies) {
    ObjectRef<float[]> ref = driver.put(array());
    var sums = new ArrayList<ObjectRef<Double>>();
    for (int i = 0; i < 8; i++) {
      sums.add(driver.submit(() -> sum(ref.get())));
    }
    assertThat(driver.get(sums)).containsOnly(SUM);
    assertThat(hosts.usage().stored()).isEqualTo(copies);
    assertThat(ref.get()).isEqualTo(array());
  }

  @Test
  void shouldStoreWhatThisProcessSharesWhenATaskCapturesIt() {
    hosts.node("red");
    Manta driver = hosts.driver("red");
    ObjectRef<String> text = driver.put("x".repeat(SIZE));
    assertThat(driver.objectUsage().stored()).isZero();
    ObjectRef<Integer> length = driver.task(() -> text.get().length()).cpus(100).submit();

    assertThat(driver.objectUsage().stored()).isEqualTo(1);
    length.cancel();
    assertThat(driver.submit(() -> text.get().length()).get()).isEqualTo(SIZE);
  }

  @Test
  void shouldKeepASharedValueForEachOfTwoRefs() {
    hosts.node("red");
    Manta driver = hosts.driver("red");
    ObjectRef<String> first = driver.put("x".repeat(SIZE));
    ObjectRef<String> second = driver.submit(() -> 1).then(one -> first);
    assertThat(second.get()).hasSize(SIZE);
    assertThat(driver.submit(() -> first.get().length()).get()).isEqualTo(SIZE);
    assertThat(driver.submit(() -> second.get().length()).get()).isEqualTo(SIZE);
    first.close();

    assertThat(second.get()).hasSize(SIZE);
    assertThat(driver.submit(() -> second.get().length()).get()).isEqualTo(SIZE);
  }

  @Test
  void shouldMakeALostResultAgainForEachOfTwoRefs() {
    hosts.node("red");
    Manta lost = hosts.node("blue");
    Manta driver = hosts.driver("red");
    ObjectRef<float[]> first = driver.task(LargeValuesTest::array).resource("blue", 1).submit();
    ObjectRef<float[]> second = driver.submit(() -> 1).then(one -> first);
    assertThat(driver.await(List.of(second), 1, Duration.ofSeconds(30)).ready()).hasSize(1);

    hosts.node("blue");
    lost.close();

    assertThat(sum(second.get())).isEqualTo(SUM);
    second.close();
    assertThat(sum(first.get())).isEqualTo(SUM);
  }

  @Test
  void shouldSayWhatALostResultWaitsFor() {
    hosts.node("red");
    Manta lost = hosts.node("blue");
    Manta driver = hosts.driver("red");
    ObjectRef<float[]> made = driver.task(LargeValuesTest::array).resource("blue", 1).submit();
    assertThat(driver.await(List.of(made), 1, Duration.ofSeconds(30)).ready()).hasSize(1);
    assertThat(driver.explain(made)).isEmpty();

    lost.close();
    await().until(() -> driver.nodes().size() == 1);

    assertThatThrownBy(() -> made.get(Duration.ofSeconds(2)))
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("it was lost, and is made again: task 'LargeValuesTest'")
        .hasMessageContaining("no node can ever run it");
    assertThat(driver.explain(made).orElseThrow()).contains("it was lost", "no node can ever run");

    hosts.node("blue");
    assertThat(sum(made.get())).isEqualTo(SUM);
    assertThat(driver.explain(made)).isEmpty();
  }

  @Test
  void shouldMakeAnImmutableResultAgainInTheProcessThatOwnsIt() {
    Manta owner = hosts.node("red");
    Manta lost = hosts.node("blue");
    gate = new CountDownLatch(1);
    for (int cpu = 0; cpu < 2; cpu++) {
      owner.task(() -> gate.await(60, TimeUnit.SECONDS)).onNode(owner.id()).submit();
    }
    ObjectRef<String> text = owner.submit(() -> "x".repeat(SIZE));
    assertThat(owner.await(List.of(text), 1, Duration.ofSeconds(30)).ready()).hasSize(1);
    gate.countDown();
    assertThat(hosts.usage().stored()).isEqualTo(1);

    lost.close();

    assertThat(text.get()).hasSize(SIZE);
  }

  @Test
  void shouldKeepAValueOfAnotherProcessForTheRefThatFollows() {
    hosts.node("red");
    Manta driver = hosts.driver("green");
    followAndClose(driver);
    hosts.nothingIsKept();
  }

  private void followAndClose(Manta driver) {
    ActorHandle<Holder> holder = driver.actor(Holder::new).create();
    ObjectRef<float[]> made = holder.call(Holder::make).get();
    ObjectRef<float[]> same = driver.submit(() -> 1).then(one -> made);
    assertThat(driver.submit(() -> sum(same.get())).get()).isEqualTo(SUM);
    made.close();
    holder.kill();

    assertThat(sum(same.get())).isEqualTo(SUM);
    same.close();
  }

  @Test
  void shouldCopyALargeValueToEachHostThatReadsIt() {
    hosts.node("red");
    hosts.node("blue");
    Manta driver = hosts.driver("green");
    ObjectRef<float[]> ref = driver.put(array());
    for (String host : List.of("red", "blue", "red", "blue")) {
      double read = driver.task(() -> sum(ref.get())).resource(host, 1).submit().get();
      assertThat(read).isEqualTo(SUM);
    }
    assertThat(hosts.usage().stored()).isEqualTo(3);
  }

  @Test
  void shouldFreeAllCopiesOfALargeValue() {
    hosts.node("red");
    hosts.node("blue");
    Manta driver = hosts.driver("green");
    resultsAndCalls(driver);
    hosts.nothingIsKept();
  }

  private void resultsAndCalls(Manta driver) {
    ObjectRef<float[]> result = driver.task(() -> array()).resource("red", 1).submit();
    ActorHandle<Holder> holder = driver.actor(Holder::new).resource("blue", 1).create();
    ObjectRef<float[]> given = holder.call(Holder::give);
    ObjectRef<ObjectRef<float[]>> made = holder.call(Holder::make);
    assertThat(holder.call(actor -> actor.sum(result)).get()).isEqualTo(SUM);
    assertThat(sum(given.get())).isEqualTo(SUM);
    assertThat(sum(made.get().get())).isEqualTo(SUM);
    assertThat(driver.submit(() -> sum(given.get()) + sum(result.get())).get()).isEqualTo(2 * SUM);
    holder.kill();
  }

  @Test
  void shouldGiveArraysThatAreViewsOfTheStore() {
    hosts.node("red");
    Manta driver = hosts.driver("red");
    ObjectRef<List<FloatArray>> ref =
        driver.submit(() -> new ArrayList<>(List.of(FloatArray.copyOf(array()))));

    FloatArray array = ref.get().getFirst();
    ref.close();
    System.gc();

    assertThat(array.toArray()).isEqualTo(array());
    assertThat(array.segment().isReadOnly()).isTrue();
    assertThat(array.segment().isNative()).isTrue();
  }

  @Test
  void shouldMakeALostResultAgainWithWhatItWasMadeOf() {
    hosts.node("red");
    Manta lost = hosts.node("blue");
    Manta driver = hosts.driver("red");
    RUNS.set(0);
    ObjectRef<float[]> first =
        driver
            .task(
                () -> {
                  RUNS.incrementAndGet();
                  return array();
                })
            .onNode(lost.id())
            .named("first")
            .submit();
    assertThat(driver.await(List.of(first), 1, Duration.ofSeconds(30)).ready()).hasSize(1);

    ObjectRef<float[]> anywhere =
        driver
            .task(
                () -> {
                  RUNS.incrementAndGet();
                  return array();
                })
            .resource("blue", 1)
            .named("anywhere")
            .submit();
    ObjectRef<float[]> second =
        driver
            .task(
                () -> {
                  RUNS.incrementAndGet();
                  float[] doubled = Arrays.copyOf(anywhere.get(), SIZE);
                  for (int i = 0; i < SIZE; i++) {
                    doubled[i] *= 2;
                  }
                  return doubled;
                })
            .resource("blue", 1)
            .named("second")
            .submit();
    assertThat(driver.await(List.of(second), 1, Duration.ofSeconds(30)).ready()).hasSize(1);
    assertThat(RUNS).hasValue(3);

    hosts.node("blue");
    lost.close();

    assertThat(sum(second.get())).isEqualTo(2 * SUM);
    assertThat(RUNS).hasValue(5);
    assertThat(sum(anywhere.get())).isEqualTo(SUM);
    assertThat(RUNS).hasValue(5);
  }

  @Test
  void shouldSayThatThereIsNoRoomToReadASpilledValue() {
    var capacity = new DataSize(12 << 20);
    hosts.node("tiny", capacity);
    Manta driver = hosts.driver("tiny", capacity);
    List<ObjectRef<FloatArray>> refs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      refs.add(driver.put(FloatArray.copyOf(array())));
    }
    List<FloatArray> held = driver.get(refs.subList(1, 4));
    ObjectRef<FloatArray> cold = refs.getFirst();

    ObjectRef<Long> read = driver.submit(() -> cold.get().length());

    assertThatThrownBy(() -> read.get(Duration.ofSeconds(60)))
        .isInstanceOf(ObjectStoreFullException.class)
        .hasMessageContaining(cold.id().toString());
    assertThatThrownBy(cold::get).isInstanceOf(ObjectStoreFullException.class);
    assertThat(held).allSatisfy(array -> assertThat(array.length()).isEqualTo(SIZE));
  }

  @Test
  void shouldSayThatTheOwnerOfALargeValueDied() {
    hosts.node("red");
    Manta owner = hosts.node("blue");
    Manta driver = hosts.driver("red");
    ActorHandle<Holder> holder = driver.actor(Holder::new).resource("blue", 1).create();
    ObjectRef<float[]> made = holder.call(Holder::make).get();
    assertThat(driver.await(List.of(made), 1, Duration.ofSeconds(30)).ready()).hasSize(1);

    owner.close();

    assertThatThrownBy(made::get)
        .isInstanceOf(OwnerDiedException.class)
        .hasMessageContaining(owner.id().toString());
  }

  @Test
  void shouldSayWhyALostValueCannotBeMadeAgain() {
    hosts.node("red");
    Manta lost = hosts.node("blue");
    Manta driver = hosts.driver("red");
    ObjectRef<float[]> exhausted =
        driver.task(() -> array()).resource("blue", 1).retries(0).named("exhausted").submit();
    ActorHandle<Holder> holder = driver.actor(Holder::new).resource("blue", 1).create();
    ObjectRef<float[]> called = holder.call(Holder::give);
    assertThat(driver.await(List.of(exhausted, called), 2, Duration.ofSeconds(30)).ready())
        .hasSize(2);

    lost.close();

    assertThatThrownBy(exhausted::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining("exhausted")
        .hasMessageContaining(exhausted.id().toString())
        .hasMessageContaining(lost.id().toString())
        .hasMessageContaining("0 retries");
    assertThatThrownBy(called::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining(lost.id().toString());
  }
}
