package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.actors.TaskBuilder;
import io.manta.core.Emitter;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Large values of generators and of tasks with several results are made again when they are lost.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LostItemsTest {
  private static final int SIZE = 100_000;
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final AtomicInteger GIVEN = new AtomicInteger();

  @TempDir private Path folder;

  private Hosts hosts;
  private Manta lost;
  private Manta driver;

  /// Nothing that is made on blue is left when its node is lost.
  @BeforeEach
  void start() {
    RUNS.set(0);
    GIVEN.set(0);
    hosts = new Hosts(folder);
    hosts.node("red");
    lost = hosts.node("blue");
    driver = hosts.driver("red");
  }

  @AfterEach
  void close() {
    hosts.close();
  }

  private static float[] array(int value) {
    var array = new float[SIZE];
    array[SIZE - 1] = value;
    return array;
  }

  private static float last(ObjectRef<float[]> ref) {
    return ref.get()[SIZE - 1];
  }

  private static void give(Emitter<float[]> emitter, int most) {
    RUNS.incrementAndGet();
    for (int i = 0; i < most; i++) {
      emitter.emit(array(i));
      GIVEN.incrementAndGet();
    }
  }

  /// Of a generator on blue.
  private List<ObjectRef<float[]>> given(int count) {
    return all(generator(count).submit());
  }

  /// On blue.
  private TaskBuilder<RefStream<float[]>> generator(int most) {
    return driver.generator((Emitter<float[]> emitter) -> give(emitter, most)).resource("blue", 1);
  }

  private static List<ObjectRef<float[]>> all(RefStream<float[]> stream) {
    var refs = new ArrayList<ObjectRef<float[]>>();
    stream.forEach(refs::add);
    return refs;
  }

  private void allFree() {
    Eventually.allFree(driver);
  }

  @Test
  void shouldMakeAllLostValuesOfAGeneratorAgainByOneRun() {
    List<ObjectRef<float[]>> refs = given(6);
    assertThat(RUNS).hasValue(1);
    hosts.node("blue");
    lost.close();

    assertThat(last(refs.get(3))).isEqualTo(3);
    assertThat(RUNS).hasValue(2);
    for (int i = 0; i < 6; i++) {
      assertThat(last(refs.get(i))).isEqualTo(i);
    }
    assertThat(RUNS).hasValue(2);
    allFree();
  }

  @Test
  void shouldMakeValuesOfAnEndlessGeneratorAgainAsFarAsTheyAreLost() {
    RefStream<float[]> stream = generator(Integer.MAX_VALUE).buffer(1).submit();
    var refs = new ArrayList<ObjectRef<float[]>>();
    Iterator<ObjectRef<float[]>> values = stream.iterator();
    for (int i = 0; i < 5; i++) {
      refs.add(values.next());
    }
    stream.close();
    allFree();
    refs.removeLast().close();
    GIVEN.set(0);
    hosts.node("blue");
    lost.close();

    assertThat(last(refs.get(1))).isEqualTo(1);
    assertThat(last(refs.get(3))).isEqualTo(3);
    assertThat(RUNS).hasValue(2);
    allFree(); // the second run has no end either
    assertThat(GIVEN.get()).isLessThanOrEqualTo(4);
    refs.forEach(ObjectRef::close);
    await().untilAsserted(() -> assertThat(hosts.usage().stored()).isZero());
  }

  @Test
  void shouldUseWhatALaterAttemptGivesAgain() {
    RefStream<float[]> stream = generator(8).buffer(2).submit();
    Iterator<ObjectRef<float[]>> values = stream.iterator();
    ObjectRef<float[]> first = values.next();
    ObjectRef<float[]> second = values.next();
    await().untilAsserted(() -> assertThat(GIVEN).hasValue(4));
    hosts.node("blue");
    lost.close();

    assertThat(last(second)).isEqualTo(1);
    assertThat(last(first)).isZero();
    for (int i = 2; i < 8; i++) {
      assertThat(last(values.next())).isEqualTo(i);
    }
    assertThat(values.hasNext()).isFalse();
    assertThat(RUNS).hasValue(2);
  }

  @Test
  void shouldMakeAValueAgainWhileItsGeneratorWaitsForItsConsumer() {
    Manta green = hosts.node("green");
    await().until(() -> driver.nodes().size() == 3);
    RefStream<float[]> stream = generator(8).buffer(2).submit();
    Iterator<ObjectRef<float[]>> values = stream.iterator();
    ObjectRef<float[]> first = values.next();
    assertThat(driver.task(() -> last(first)).resource("green", 1).submit().get()).isZero();
    await().untilAsserted(() -> assertThat(GIVEN).hasValue(3));
    hosts.node("blue");
    lost.close();
    // The second attempt finds the first value on green, and waits after the third.
    await().untilAsserted(() -> assertThat(GIVEN).hasValue(6));
    green.close();

    assertThat(last(first)).isZero();
    assertThat(RUNS).hasValue(3);
    for (int i = 1; i < 8; i++) {
      assertThat(last(values.next())).isEqualTo(i);
    }
    assertThat(values.hasNext()).isFalse();
  }

  @Test
  void shouldMakeAllResultsOfATaskAgainWithWhatTheyWereMadeOf() {
    ObjectRef<float[]> base =
        driver
            .task(
                () -> {
                  RUNS.incrementAndGet();
                  return array(10);
                })
            .resource("blue", 1)
            .submit();
    List<ObjectRef<float[]>> parts =
        driver
            .split(
                3,
                () -> {
                  RUNS.incrementAndGet();
                  int sum = (int) last(base);
                  return List.of(array(sum), array(sum + 1), array(sum + 2));
                })
            .resource("blue", 1)
            .submit();
    assertThat(driver.await(parts, 3, Duration.ofSeconds(30)).pending()).isEmpty();
    hosts.node("blue");
    lost.close();

    ObjectRef<Float> sum =
        driver
            .task(() -> last(parts.get(2)) + last(parts.get(0)) + last(parts.get(1)))
            .resource("blue", 1)
            .submit();
    assertThat(sum.get()).isEqualTo(33);
    assertThat(last(parts.get(1))).isEqualTo(11);
    assertThat(RUNS).hasValue(4);
    base.close();
    parts.forEach(ObjectRef::close);
    sum.close();
    hosts.nothingIsKept();
  }

  @Test
  void shouldSayWhyLostValuesCannotBeMadeAgain() {
    List<ObjectRef<float[]>> exhausted =
        all(
            driver
                .generator((Emitter<float[]> emitter) -> give(emitter, 2))
                .retries(0)
                .named("exhausted")
                .resource("blue", 1)
                .submit());
    List<ObjectRef<float[]>> fewer =
        all(
            driver
                .generator((Emitter<float[]> emitter) -> give(emitter, 6 - 2 * RUNS.get()))
                .resource("blue", 1)
                .submit());
    assertThat(fewer).hasSize(4);
    hosts.node("blue");
    lost.close();

    assertThatThrownBy(exhausted.getLast()::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining("exhausted")
        .hasMessageContaining("0 retries");
    assertThatThrownBy(fewer.getLast()::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining("only 2 values");
    assertThat(last(fewer.getFirst())).isZero();
  }
}
