package io.manta.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A value lives as long as somebody, somewhere, can use a ref to it, and no longer.
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ClusterRefsTest {
  private LocalCluster cluster;
  private Manta driver;

  /// Keeps what it is given.
  static class Keeper extends RemoteActor {
    private final List<ObjectRef<int[]>> kept = new ArrayList<>();

    Keeper(List<ObjectRef<int[]>> first) {
      kept.addAll(first);
    }

    void keep(List<ObjectRef<int[]>> refs) {
      kept.addAll(refs);
    }

    int sum() {
      return kept.stream().mapToInt(ref -> ref.get()[0]).sum();
    }

    void passTo(ActorHandle<Keeper> other) {
      List<ObjectRef<int[]>> refs = List.copyOf(kept);
      other.call(keeper -> keeper.sumOf(refs)).get();
      kept.clear();
    }

    int sumOf(List<ObjectRef<int[]>> refs) {
      keep(refs);
      return sum();
    }

    ObjectRef<int[]> make(int value) {
      return Manta.current().put(new int[] {value});
    }

    void forget() {
      kept.clear();
    }
  }

  @BeforeEach
  void start() {
    cluster = LocalCluster.start(2, MantaConfig.defaults().withCpus(2));
    driver = cluster.connect();
  }

  @AfterEach
  void close() {
    driver.close();
    cluster.close();
  }

  /// What all processes keep together.
  private ObjectUsage usage() {
    return cluster.nodes().stream()
        .filter(node -> !node.whenClosed().toCompletableFuture().isDone())
        .map(Manta::objectUsage)
        .reduce(driver.objectUsage(), ObjectUsage::plus);
  }

  private void nothingIsKept() {
    Eventually.afterCollections(() -> assertThat(usage()).isEqualTo(ObjectUsage.NONE));
  }

  private ActorHandle<Keeper> keeperOn(int node, List<ObjectRef<int[]>> first) {
    return driver.actor(() -> new Keeper(first)).onNode(cluster.node(node).id()).create();
  }

  private List<ObjectRef<int[]>> puts(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(n -> driver.put(new int[] {n})).toList();
  }

  private int submitAndForget() {
    ObjectRef<int[]> put = driver.put(new int[] {7});
    ObjectRef<Integer> read = driver.submit(() -> put.get()[0]);
    ObjectRef<Integer> read2 = driver.submit(() -> read.get() + put.get()[0]);
    return read2.get();
  }

  @Test
  void shouldFreeWhatATaskCaptured() {
    assertThat(submitAndForget()).isEqualTo(14);
    nothingIsKept();
  }

  @Test
  void shouldKeepWhatAnActorHoldsAndFreeItWhenItForgets() {
    ActorHandle<Keeper> keeper = keeperOn(0, puts(10));
    for (int i = 0; i < 3; i++) {
      System.gc();
      assertThat(keeper.call(Keeper::sum).get()).isEqualTo(55);
    }
    assertThat(usage().lent()).isGreaterThanOrEqualTo(10);

    keeper.run(Keeper::forget).get();
    keeper.kill();
    nothingIsKept();
  }

  @Test
  void shouldKeepWhatABorrowerPassedOnAfterTheOwnerDroppedItsOwn() {
    ActorHandle<Keeper> first = keeperOn(0, List.of());
    ActorHandle<Keeper> second = keeperOn(1, List.of());
    for (int round = 1; round <= 20; round++) {
      List<ObjectRef<int[]>> refs = puts(3);
      assertThat(first.call(keeper -> keeper.sumOf(refs)).get()).isEqualTo(6);
      ActorHandle<Keeper> from = first;
      ActorHandle<Keeper> to = second;
      from.run(keeper -> keeper.passTo(to)).get();
      System.gc();
      assertThat(to.call(Keeper::sum).get()).isEqualTo(6);
      System.gc();
      to.run(keeper -> keeper.passTo(from)).get();
      System.gc();
      assertThat(from.call(Keeper::sum).get()).isEqualTo(6);
      from.run(Keeper::forget).get();
    }
    first.kill();
    second.kill();
    nothingIsKept();
  }

  @Test
  void shouldKeepRefsInsideOfResultsAndOfOtherValues() {
    ActorHandle<Keeper> keeper = keeperOn(0, List.of());
    ObjectRef<ObjectRef<int[]>> nested = keeper.call(actor -> actor.make(3));
    ObjectRef<List<ObjectRef<ObjectRef<int[]>>>> deeper =
        driver.put(new ArrayList<>(List.of(nested)));
    System.gc();
    int read = driver.submit(() -> deeper.get().getFirst().get().get()[0]).get();
    assertThat(read).isEqualTo(3);
    assertThat(nested.get().get()[0]).isEqualTo(3);
    keeper.kill();
  }

  private static volatile CountDownLatch gate = new CountDownLatch(0);

  /// Makes a ref here to what another process owns and will not have before the gate opens.
  private CountDownLatch callbackOfAForgottenRef() {
    var called = new CountDownLatch(1);
    ObjectRef<ObjectRef<Integer>> given =
        driver.submit(
            () ->
                Manta.current()
                    .submit(
                        () -> {
                          gate.await();
                          return 1;
                        }));
    given.get().onComplete((value, failure) -> called.countDown());
    return called;
  }

  @Test
  void shouldCallBackWhenNobodyHasTheRefAnyMore() throws InterruptedException {
    gate = new CountDownLatch(1);
    CountDownLatch called = callbackOfAForgottenRef();
    for (int i = 0; i < 5; i++) {
      System.gc();
    }
    gate.countDown();

    assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
    nothingIsKept();
  }

  @Test
  void shouldFreeWhatADeadProcessBorrowed() {
    Manta borrower = cluster.add();
    ActorHandle<Keeper> keeper =
        driver.actor(() -> new Keeper(List.of())).onNode(borrower.id()).create();
    hold(keeper);
    assertThat(usage().lent()).isGreaterThanOrEqualTo(100);

    borrower.close();
    nothingIsKept();
  }

  private void hold(ActorHandle<Keeper> keeper) {
    List<ObjectRef<int[]>> refs = puts(100);
    assertThat(keeper.call(actor -> actor.sumOf(refs)).get()).isEqualTo(5050);
  }

  @Test
  void shouldFreeAClosedRefOnceNoTaskIsUnderWayThatCapturedIt() {
    ObjectRef<int[]> put = driver.put(new int[] {5});
    ObjectRef<Integer> read = driver.submit(() -> put.get()[0]);
    put.close();
    put.close();

    assertThat(read.get()).isEqualTo(5);
    nothingIsKept();
    assertThatThrownBy(() -> driver.submit(() -> put.get()[0]).get())
        .isInstanceOf(ObjectLostException.class)
        .hasMessageContaining(put.id().toString())
        .hasMessageContaining("closed");
  }

  @Test
  void shouldFreeAMillionRefs() {
    int tasks = Boolean.getBoolean("manta.long") ? 10_000 : 1_000;
    for (int i = 0; i < tasks; i++) {
      assertThat(sumOfHundred()).isEqualTo(5050);
    }
    nothingIsKept();
  }

  private int sumOfHundred() {
    List<ObjectRef<int[]>> refs = puts(100);
    return driver.submit(() -> refs.stream().mapToInt(ref -> ref.get()[0]).sum()).get();
  }
}
