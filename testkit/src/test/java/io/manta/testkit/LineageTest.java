package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.Manta;
import io.manta.core.DataSize;
import io.manta.core.Emitter;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What is kept of tasks that are over, so that what they gave can be made again: how to, not what
/// they read.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LineageTest {
  private static final int SIZE = 250_000;
  private static final AtomicInteger RUNS = new AtomicInteger();

  @TempDir private Path folder;

  private Hosts hosts;
  private Manta lost;

  @BeforeEach
  void start() {
    hosts = new Hosts(folder);
    RUNS.set(0);
    hosts.node("red");
    lost = hosts.node("blue");
  }

  @AfterEach
  void close() {
    hosts.close();
  }

  private static int[] filled(int value) {
    var array = new int[SIZE];
    Arrays.fill(array, value);
    return array;
  }

  private static int[] increased(int[] array) {
    return increased(array, 1);
  }

  private static int[] increased(int[] array, int by) {
    RUNS.incrementAndGet();
    return Arrays.stream(array).map(value -> value + by).toArray();
  }

  private static void give(Emitter<int[]> emitter) {
    for (int i = 1; i <= 3; i++) {
      emitter.emit(filled(i));
    }
  }

  private static ObjectRef<int[]> begun(Manta driver) {
    return driver
        .task(
            () -> {
              RUNS.incrementAndGet();
              return filled(0);
            })
        .named("begun")
        .resource("blue", 1)
        .submit();
  }

  /// A task on another node than the others, which may run only once.
  private static ObjectRef<int[]> once(Manta driver) {
    return driver
        .task(
            () -> {
              RUNS.incrementAndGet();
              return filled(3);
            })
        .resource("red", 1)
        .retries(0)
        .submit();
  }

  private static void isDone(Manta driver, List<ObjectRef<int[]>> refs) {
    assertThat(driver.await(refs, refs.size(), Duration.ofSeconds(60)).ready())
        .hasSize(refs.size());
  }

  private static ObjectRef<int[]> next(Manta driver, ObjectRef<int[]> before) {
    return driver.task(() -> increased(before.get())).resource("blue", 1).submit();
  }

  /// Each step of the ones before it; their refs are closed, or left to the collector.
  private static ObjectRef<int[]> stepped(Manta driver, int steps, boolean close) {
    ObjectRef<int[]> at = begun(driver);
    for (int step = 0; step < steps; step++) {
      ObjectRef<int[]> next = next(driver, at);
      if (close) {
        at.close();
      }
      at = next;
    }
    isDone(driver, List.of(at));
    return at;
  }

  /// Read where it is made, so that no other process has a copy.
  private static ObjectRef<Integer> first(Manta driver, ObjectRef<int[]> array) {
    return driver.task(() -> array.get()[0]).resource("blue", 1).submit();
  }

  private void dies() {
    hosts.node("blue");
    lost.close();
  }

  @Test
  void shouldFreeWhatOnlyLineageRefersTo() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> last = stepped(driver, 20, true);

    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(1));
    assertThat(last.get()[SIZE - 1]).isEqualTo(20);
    last.close();
    hosts.nothingIsKept();
  }

  @Test
  void shouldFreeWhatOnlyLineageRefersToWhenItsRefsWereNotClosed() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> last = stepped(driver, 20, false);

    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(1));
    assertThat(last.get()[SIZE - 1]).isEqualTo(20);
  }

  @Test
  void shouldForgetTheLineageOfRefsThatAreLeftToTheCollector() {
    Manta driver = hosts.driver("green");
    leave(driver);

    hosts.nothingIsKept();
  }

  private static void leave(Manta driver) {
    assertThat(stepped(driver, 5, false).isDone()).isTrue();
    ObjectRef<int[]> put = driver.put(filled(1));
    assertThat(first(driver, next(driver, put)).get()).isEqualTo(2);
  }

  @Test
  void shouldMakeAChainAgainOfWhichOnlyTheLastIsKept() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> last = stepped(driver, 5, true);
    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(1));
    RUNS.set(0);

    dies();

    assertThat(last.get()[SIZE - 1]).isEqualTo(5);
    assertThat(RUNS).hasValue(6);
    // the value, and its copy where it was read
    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(2));
    last.close();
    hosts.nothingIsKept();
  }

  @Test
  void shouldMakeAChainAgainAsOftenAsItsRetriesAllow() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> last = stepped(driver, 2, true);

    for (int death = 0; death < 3; death++) {
      Manta next = hosts.node("blue");
      lost.close();
      lost = next;
      assertThat(first(driver, last).get()).isEqualTo(2);
    }
    dies();

    assertThatThrownBy(() -> first(driver, last).get())
        .hasStackTraceContaining("retries are used up");
  }

  @Test
  void shouldUseUpNoRetriesForWhatWasFreed() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> shared = begun(driver);
    List<ObjectRef<int[]>> readers =
        IntStream.range(0, 6).mapToObj(i -> next(driver, shared)).toList();
    isDone(driver, readers);
    shared.close();
    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(6));

    dies();

    for (ObjectRef<int[]> reader : readers) {
      assertThat(reader.get()[0]).isEqualTo(1);
      int read = readers.indexOf(reader) + 1;
      // those that were read, with their copies; what they were made of is freed again
      Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(2 * read));
    }
  }

  @Test
  void shouldKeepWhatMayRunOnlyOnce() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> once = once(driver);
    ObjectRef<int[]> made = next(driver, once);
    isDone(driver, List.of(made));
    once.close();
    assertThat(RUNS).hasValue(2);

    dies();

    assertThat(made.get()[0]).isEqualTo(4);
    assertThat(RUNS).hasValue(3);
    made.close();
    hosts.nothingIsKept();
  }

  /// Each step takes all of the node, also while it waits: gpus are kept.
  @Test
  void shouldMakeWhatWasCapturedBeforeItTakesResources() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> at = begun(driver);
    for (int step = 0; step < 3; step++) {
      ObjectRef<int[]> before = at;
      at = driver.task(() -> increased(before.get())).gpus(1).resource("blue", 1).submit();
      isDone(driver, List.of(at));
      before.close();
    }
    ObjectRef<int[]> last = at;

    dies();

    assertThat(last.get(Duration.ofSeconds(60))[0]).isEqualTo(3);
  }

  @Test
  void shouldNotRunAgainAtTheLimitWhatMayRunOnlyOnce() {
    Manta driver = hosts.driver("green", config -> config.withLineageLimit(new DataSize(4096)));
    ObjectRef<int[]> once = once(driver);
    ObjectRef<int[]> made = next(driver, once);
    isDone(driver, List.of(made));
    once.close();
    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(1));

    dies();

    assertThatThrownBy(made::get).hasStackTraceContaining("was given up at the lineage-limit");
    assertThat(RUNS).hasValue(2);
  }

  @Test
  void shouldFailWithTheFirstOfAChainThatNoNodeCanMakeAgain() {
    Manta driver =
        hosts.driver(
            "green",
            config ->
                config
                    .withInfeasibleWarning(Duration.ofMillis(500))
                    .withInfeasibleTimeout(Duration.ofSeconds(4)));
    ObjectRef<int[]> last = stepped(driver, 5, true);

    lost.close();

    assertThatThrownBy(() -> last.get(Duration.ofSeconds(15)))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("'begun'");
  }

  @Test
  void shouldSayHowFarAChainIsThatIsMadeAgain() {
    Manta driver = hosts.driver("red");
    ObjectRef<int[]> last = stepped(driver, 3, true);

    lost.close();
    await().until(() -> driver.nodes().size() == 1);

    assertThatThrownBy(() -> last.get(Duration.ofSeconds(2)))
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("it was lost, and is made again after 3 other(s): task ")
        .hasMessageContaining("no node can ever run it");
    assertThat(driver.explain(last).orElseThrow())
        .contains("after 3 other(s)", "no node can ever run it");

    hosts.node("blue");
    assertThat(last.get()).containsOnly(3);
    assertThat(driver.explain(last)).isEmpty();
  }

  private static int[] filledOnce() throws InterruptedException {
    if (RUNS.incrementAndGet() > 1) {
      try {
        Thread.sleep(60_000);
      } catch (InterruptedException e) {
        RUNS.set(0);
        throw e;
      }
    }
    return filled(1);
  }

  @Test
  void shouldStopMakingAgainWhatNobodyRefersTo() {
    Manta driver = hosts.driver("red");
    ObjectRef<int[]> made = driver.task(LineageTest::filledOnce).resource("blue", 1).submit();
    isDone(driver, List.of(made));

    hosts.node("blue");
    lost.close();
    assertThatThrownBy(() -> made.get(Duration.ofSeconds(2)))
        .isInstanceOf(GetTimeoutException.class);
    await().until(() -> RUNS.get() == 2);
    made.close();

    await().until(() -> RUNS.get() == 0);
    hosts.nothingIsKept();
  }

  @Test
  void shouldMakeALongChainAgain() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> last = stepped(driver, 300, true);
    RUNS.set(0);

    dies();

    assertThat(last.get()[0]).isEqualTo(300);
    assertThat(RUNS).hasValue(301);
  }

  @Test
  void shouldKeepWhatWasPutForTheTasksThatCapturedIt() {
    Manta driver = hosts.driver("green");
    ObjectRef<int[]> put = driver.put(filled(7));
    ObjectRef<int[]> made = next(driver, put);
    isDone(driver, List.of(made));
    put.close();

    dies();

    assertThat(made.get()[0]).isEqualTo(8);
    made.close();
    hosts.nothingIsKept();
  }

  @Test
  void shouldFreeItemsOfAGeneratorThatOnlyLineageRefersToAtTheLimit() {
    Manta driver = hosts.driver("green", config -> config.withLineageLimit(new DataSize(1 << 20)));
    ObjectRef<int[]> last = begun(driver);
    try (RefStream<int[]> items =
        driver.generator((Emitter<int[]> emitter) -> give(emitter)).resource("blue", 1).submit()) {
      for (ObjectRef<int[]> item : items) {
        ObjectRef<int[]> before = last;
        last =
            driver.task(() -> increased(item.get(), before.get()[0])).resource("blue", 1).submit();
        isDone(driver, List.of(last));
        item.close();
        before.close();
      }
    }
    // the last value, and one that can't be made again at no cost
    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(2));

    dies();

    assertThat(last.get()[0]).isEqualTo(0 + 1 + 2 + 3);
    last.close();
    hosts.nothingIsKept();
  }

  @Test
  void shouldGiveUpTheOldestLineageAtItsLimit() {
    Manta driver = hosts.driver("green", config -> config.withLineageLimit(new DataSize(4096)));
    ObjectRef<int[]> last = stepped(driver, 10, true);

    dies();

    assertThatThrownBy(last::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining(last.id() + " can't be made again")
        .hasMessageContaining("given up at the lineage-limit of 4.0 KiB");
    last.close();
    hosts.nothingIsKept();
  }

  @Test
  void shouldCountWhatIsKeptForLineageAlone() {
    Manta driver = hosts.driver("green", config -> config.withLineageLimit(new DataSize(1 << 20)));
    ObjectRef<int[]> small = driver.put(filled(1));
    ObjectRef<int[]> made = next(driver, small);
    isDone(driver, List.of(made));
    assertThat(hosts.usage().stored()).isEqualTo(3); // with the copy that the task read

    ObjectRef<int[]> large = driver.put(new int[2 * SIZE]);
    ObjectRef<int[]> other = next(driver, large);
    isDone(driver, List.of(other));
    large.close();

    // the value and its copy are given up, and nothing else is
    Eventually.afterCollections(() -> assertThat(hosts.usage().stored()).isEqualTo(4));
    dies();
    assertThatThrownBy(other::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining(large.id() + " was given up at the lineage-limit of 1.0 MiB");
    assertThat(made.get()[0]).isEqualTo(2);
  }
}
