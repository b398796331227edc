package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.core.DataSize;
import io.manta.core.FloatArray;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectStoreFullException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Closures that captured much lie in the object store, and what waiting tasks will read is copied
/// ahead of them.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LargeClosuresTest {
  private static final int SIZE = 1_000_000;
  private static volatile CountDownLatch started = new CountDownLatch(1);
  private static volatile CountDownLatch goOn = new CountDownLatch(1);

  @TempDir private Path folder;

  private Hosts hosts;
  private Manta blue;
  private Manta driver;

  @BeforeEach
  void start() {
    started = new CountDownLatch(1);
    goOn = new CountDownLatch(1);
    hosts = new Hosts(folder);
    blue = hosts.node("blue");
  }

  @AfterEach
  void close() {
    goOn.countDown();
    hosts.close();
  }

  private static float[] array(float value) {
    var array = new float[SIZE];
    array[SIZE - 1] = value;
    return array;
  }

  private static float waitAndRead(float[] array) throws InterruptedException {
    started.countDown();
    goOn.await();
    return array[SIZE - 1]++;
  }

  private void nothingIsStored() {
    await().untilAsserted(() -> assertThat(hosts.usage().stored()).isZero());
  }

  @Test
  void shouldKeepALargeClosureInTheStoreUntilItsTaskIsDone() throws Exception {
    driver = hosts.driver("green");
    float[] captured = array(3);
    ObjectRef<Float> read =
        driver
            .task(
                () -> {
                  float value = waitAndRead(captured);
                  if (Manta.context().attempt() < 3) {
                    throw new IllegalStateException("again");
                  }
                  return value;
                })
            .retryOn(IllegalStateException.class)
            .submit();
    captured[SIZE - 1] = 7; // after it was submitted
    started.await();
    assertThat(driver.objectUsage().stored()).isEqualTo(1);
    assertThat(blue.objectUsage().stored()).isEqualTo(1);
    goOn.countDown();

    assertThat(read.get()).isEqualTo(3); // each attempt has a copy of its own
    nothingIsStored();
  }

  @Test
  void shouldMapALargeClosureOfTheSameHost() throws Exception {
    driver = hosts.driver("blue");
    FloatArray captured = FloatArray.copyOf(array(3)); // immutable
    ObjectRef<Float> read =
        driver.submit(
            () -> {
              started.countDown();
              goOn.await();
              return captured.get(SIZE - 1);
            });
    started.await();
    assertThat(hosts.usage().stored()).isEqualTo(1);
    goOn.countDown();

    assertThat(read.get()).isEqualTo(3);
    nothingIsStored();
  }

  @Test
  void shouldRefuseALargeClosureWhenTheStoreIsFull() {
    driver = hosts.driver("green", new DataSize(1 << 20));
    float[] captured = array(3);
    ActorHandle<Collector> collector = driver.actor(Collector::new).create();

    assertThatThrownBy(() -> driver.submit(() -> captured.length))
        .isInstanceOf(ObjectStoreFullException.class);
    assertThatThrownBy(() -> collector.call(actor -> actor.add(captured)))
        .isInstanceOf(ObjectStoreFullException.class);
    assertThat(driver.submit(() -> 5).get()).isEqualTo(5);
    assertThat(collector.call(actor -> actor.add(2)).get()).isEqualTo(1);
  }

  public static class Collector extends RemoteActor {
    private final List<Float> values = new ArrayList<>();

    int add(float[] array) {
      return add(array[SIZE - 1]);
    }

    int add(float value) {
      values.add(value);
      return values.size();
    }

    List<Float> values() {
      return values;
    }
  }

  @Test
  void shouldKeepTheOrderOfCallsWhenSomeAreLarge() {
    driver = hosts.driver("green");
    float[] first = array(0);
    ActorHandle<Collector> collector =
        driver
            .actor(
                () -> {
                  var made = new Collector();
                  made.add(first);
                  return made;
                })
            .create();
    var expected = new ArrayList<>(List.of(0f));
    for (int i = 1; i < 20; i += 2) {
      float[] array = array(i);
      float next = i + 1;
      collector.tell(actor -> actor.add(array));
      collector.tell(actor -> actor.add(next));
      expected.addAll(List.of((float) i, next));
    }

    assertThat(collector.call(Collector::values).get()).isEqualTo(expected);
    collector.kill();
    nothingIsStored();
  }

  @Test
  void shouldGiveALargeClosureToAnIsolatedTask() {
    driver = hosts.driver("green");
    float[] captured = array(3);

    assertThat(driver.task(() -> captured[SIZE - 1]).isolated().submit().get()).isEqualTo(3);
    nothingIsStored();
  }

  @Test
  void shouldCopyAheadWhatATaskWillRead() throws Exception {
    driver = hosts.driver("green");
    ObjectRef<float[]> ref = driver.put(array(3));
    ObjectRef<Float> read =
        driver.submit(
            () -> {
              started.countDown();
              goOn.await();
              return ref.get()[SIZE - 1];
            });
    started.await();

    await().untilAsserted(() -> assertThat(blue.objectUsage().stored()).isEqualTo(1));
    goOn.countDown();
    assertThat(read.get()).isEqualTo(3);
  }

  @Test
  void shouldFreeWhatWasCopiedAheadAndNotRead() throws Exception {
    driver = hosts.driver("green");
    copyAhead(driver);
    hosts.nothingIsKept();
  }

  private void copyAhead(Manta manta) throws InterruptedException {
    ObjectRef<float[]> ref = manta.put(array(3));
    ObjectRef<Boolean> unread =
        manta.submit(
            () -> {
              started.countDown();
              goOn.await();
              return ref.isDone();
            });
    started.await();
    await().untilAsserted(() -> assertThat(blue.objectUsage().stored()).isEqualTo(1));
    goOn.countDown();
    assertThat(unread.get()).isTrue();
  }
}
