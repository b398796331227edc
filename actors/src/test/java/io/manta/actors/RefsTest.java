package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.Emitter;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectUsage;
import io.manta.core.RefScope;
import io.manta.core.RefStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How refs are closed, in one process.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RefsTest {
  private static volatile CountDownLatch gate = new CountDownLatch(1);

  private static volatile CountDownLatch ran = new CountDownLatch(1);

  private Manta manta;

  @BeforeEach
  void start() {
    gate = new CountDownLatch(1);
    manta = Manta.start(MantaConfig.defaults().withCpus(2));
  }

  @AfterEach
  void close() {
    manta.close();
  }

  @Test
  void shouldLoseAValueWhoseRefIsClosed() {
    ObjectRef<int[]> ref = manta.put(new int[] {1});
    ref.close();
    ref.close();

    assertThatThrownBy(ref::get)
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining(ref.id().toString())
        .hasMessageContaining("closed");
  }

  /// Keeps the refs that it is given.
  static final class Keeper extends RemoteActor {
    private record Held(ObjectRef<int[]> ref) {}

    private ObjectRef<int[]> kept;

    boolean keep(ObjectRef<int[]> ref) {
      kept = ref;
      return true;
    }

    int first() {
      return kept.get()[0];
    }

    boolean close() {
      kept.close();
      return true;
    }
  }

  @Test
  void shouldKeepAValueForAnActorWhoseCallersRefIsClosed() {
    var keeper = manta.actor(Keeper::new).create();
    ObjectRef<int[]> ref = manta.put(new int[] {1});
    keeper.call(actor -> actor.keep(ref)).get();
    ref.close();
    assertThat(keeper.call(Keeper::first).get()).isEqualTo(1);

    try (RefScope scope = manta.scope()) {
      var held = new Keeper.Held(manta.put(new int[] {2}));
      keeper.call(actor -> actor.keep(held.ref())).get();
    }
    assertThat(keeper.call(Keeper::first).get()).isEqualTo(2);

    List<ObjectRef<int[]>> several = List.of(manta.put(new int[] {3}));
    keeper.call(actor -> actor.keep(several.getFirst())).get();
    several.getFirst().close();
    assertThat(keeper.call(Keeper::first).get()).isEqualTo(3);
  }

  @Test
  void shouldKeepAValueForACallerWhoseActorOrTaskClosesItsRef() {
    var keeper = manta.actor(Keeper::new).create();
    ObjectRef<int[]> ref = manta.put(new int[] {1});
    keeper.call(actor -> actor.keep(ref)).get();
    keeper.call(Keeper::close).get();
    assertThat(ref.get()).containsExactly(1);

    ObjectRef<int[]> other = manta.put(new int[] {2});
    manta
        .submit(
            () -> {
              other.close();
              return true;
            })
        .get();
    assertThat(other.get()).containsExactly(2);
  }

  @Test
  void shouldKeepTheValueOfAClosedRefForATaskThatCapturedItInARecordOrMap() {
    var held = new Keeper.Held(manta.put(new int[] {1}));
    ObjectRef<Integer> first =
        manta.submit(
            () -> {
              gate.await();
              return held.ref().get()[0];
            });
    var map = Map.of("ref", manta.put(new int[] {2}));
    ObjectRef<int[]> direct = manta.put(new int[] {3});
    ObjectRef<Integer> second =
        manta.submit(
            () -> {
              gate.await();
              return map.get("ref").get()[0] + direct.get()[0];
            });
    held.ref().close();
    map.get("ref").close();
    direct.close();
    gate.countDown();

    assertThat(List.of(first.get(), second.get())).containsExactly(1, 5);
  }

  @Test
  void shouldKeepAValueForTheTakerOfAQueueOfRefs() throws Exception {
    try (RemoteQueue<ObjectRef<int[]>> queue = RemoteQueue.create(manta, 10)) {
      ObjectRef<int[]> ref = manta.put(new int[] {1});
      queue.put(ref);
      ref.close();
      assertThat(queue.take().get()).containsExactly(1);
    }
  }

  @Test
  void shouldKeepTheValueOfAClosedRefForATaskThatCapturedIt() {
    ObjectRef<int[]> ref = manta.put(new int[] {1});
    ObjectRef<Integer> read =
        manta.submit(
            () -> {
              gate.await();
              return ref.get()[0];
            });
    ref.close();
    gate.countDown();

    assertThat(read.get()).isEqualTo(1);
    await()
        .untilAsserted(() -> assertThatThrownBy(ref::get).isInstanceOf(ObjectLostException.class));
  }

  @Test
  void shouldKeepTheValueForAnotherCopyOfAClosedRef() {
    ObjectRef<int[]> ref = manta.put(new int[] {1});
    ObjectRef<List<ObjectRef<int[]>>> list = manta.put(new ArrayList<>(List.of(ref)));
    ObjectRef<int[]> copy = list.get().getFirst();
    ref.close();

    assertThat(copy.get()).containsExactly(1);
    copy.close();
    assertThat(list.get().getFirst().get()).containsExactly(1);
  }

  @Test
  void shouldLetATaskGoOnWhoseRefIsClosed() throws InterruptedException {
    var done = new CountDownLatch(1);
    ObjectRef<Integer> slow = manta.submit(RefsTest::afterTheGate);
    slow.onComplete((value, failure) -> done.countDown());
    slow.close();
    assertThatThrownBy(slow::get).isInstanceOf(ObjectLostException.class);
    gate.countDown();

    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThatThrownBy(slow::get).isInstanceOf(ObjectLostException.class);
  }

  private static int afterTheGate() throws InterruptedException {
    gate.await();
    return 1;
  }

  @Test
  void shouldRunATaskThatWaitedWhenItsRefWasClosed() throws InterruptedException {
    ran = new CountDownLatch(1);
    manta.submit(RefsTest::afterTheGate);
    manta.submit(RefsTest::afterTheGate);
    ObjectRef<Integer> waiting =
        manta.submit(
            () -> {
              ran.countDown();
              return 3;
            });
    waiting.close();
    gate.countDown();

    assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
  }

  private static final int LARGE = 1 << 20;

  private ObjectRef<byte[]> following(ObjectRef<byte[]> first) {
    return manta.submit(() -> 1).then(one -> first);
  }

  @Test
  void shouldKeepWhatAMapWaitsForWhenItsScopeCloses() {
    ObjectRef<Integer> kept;
    try (RefScope scope = manta.scope()) {
      kept = scope.keep(manta.submit(RefsTest::afterTheGate).map(n -> n + 1));
    }
    gate.countDown();

    assertThat(kept.get()).isEqualTo(2);
  }

  @Test
  void shouldKeepAValueForTheRefThatFollowsAClosedOne() {
    ObjectRef<byte[]> first = manta.submit(() -> new byte[LARGE]);
    ObjectRef<byte[]> second = following(first);
    assertThat(second.get()).hasSize(LARGE);
    first.close();

    assertThat(second.get()).hasSize(LARGE);
    second.close();
    await().until(() -> manta.objectUsage().stored() == 0);
  }

  @Test
  void shouldKeepAValueWhenARefThatFollowsIsClosed() {
    ObjectRef<byte[]> first = manta.submit(() -> new byte[LARGE]);
    ObjectRef<byte[]> second = following(first);
    assertThat(second.get()).hasSize(LARGE);
    second.close();

    assertThat(first.get()).hasSize(LARGE);
    first.close();
    await().until(() -> manta.objectUsage().stored() == 0);
  }

  @Test
  void shouldCloseTheItemsOfAGeneratorWithTheScopeThatReceivedThem() {
    ObjectRef<byte[]> last;
    try (RefScope scope = manta.scope()) {
      List<ObjectRef<byte[]>> items = new ArrayList<>();
      RefStream<byte[]> stream =
          manta
              .generator(
                  (Emitter<byte[]> emitter) -> {
                    for (int i = 0; i < 3; i++) {
                      emitter.emit(new byte[LARGE]);
                    }
                  })
              .submit();
      stream.forEach(items::add);
      assertThat(manta.objectUsage().stored()).isEqualTo(3);
      last = scope.keep(items.getLast());
    }

    await().untilAsserted(() -> assertThat(manta.objectUsage().stored()).isEqualTo(1));
    assertThat(last.get()).hasSize(LARGE);
  }

  @Test
  void shouldFreeALongChainOfRefs() {
    ObjectRef<Object> last = manta.put(new int[] {1});
    for (int i = 0; i < 20_000; i++) {
      ObjectRef<Object> previous = last;
      last = manta.put(new ArrayList<>(List.of(previous)));
      previous.close();
    }
    assertThat(manta.objectUsage().lent()).isEqualTo(20_000);
    last.close();

    await().untilAsserted(() -> assertThat(manta.objectUsage()).isEqualTo(ObjectUsage.NONE));
  }

  @Test
  void shouldCloseTheRefsOfAScopeButForThoseThatAreKept() {
    ObjectRef<int[]> before = manta.put(new int[] {0});
    ObjectRef<int[]> inside;
    ObjectRef<int[]> nested;
    ObjectRef<int[]> kept;
    try (RefScope scope = manta.scope()) {
      inside = manta.put(new int[] {1});
      kept = scope.keep(manta.put(new int[] {2}));
      try (RefScope inner = manta.scope()) {
        nested = manta.put(new int[] {3});
        assertThat(inner).isNotSameAs(scope);
      }
      assertThatThrownBy(nested::get).isInstanceOf(ObjectLostException.class);
      assertThat(inside.get()).containsExactly(1);
    }

    assertThatThrownBy(inside::get).isInstanceOf(ObjectLostException.class);
    assertThat(kept.get()).containsExactly(2);
    assertThat(before.get()).containsExactly(0);
  }

  @Test
  void shouldCountNothingForRefsThatNeverLeave() {
    List<ObjectRef<Integer>> refs = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      refs.add(manta.put(i));
    }

    assertThat(manta.get(refs)).hasSize(100);
    assertThat(manta.objectUsage()).isEqualTo(ObjectUsage.NONE);
  }
}
