package io.manta.serve.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ActorDiedException;
import io.manta.core.GetTimeoutException;
import io.manta.core.NodeDiedException;
import io.manta.core.ObjectRef;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskFailedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class RouterTest {
  private static final RouterLimits LIMITS = new RouterLimits(2, 3, Duration.ofSeconds(30), false);

  /// A call that arrived at a replica.
  private record Arrival(String replica, FakeRef<String> ref) {}

  /// Replicas by name, of which a test says who lives.
  private static final class Cluster implements Connector<String> {
    final Set<String> living = new HashSet<>();
    final Deque<Arrival> arrivals = new ArrayDeque<>();
    int probes;

    @Override
    public Optional<String> find(String name) {
      return living.contains(name) ? Optional.of(name) : Optional.empty();
    }

    @Override
    public CompletionStage<?> probe(String replica) {
      probes++;
      return CompletableFuture.completedFuture(true);
    }

    ObjectRef<String> arrive(String replica) {
      var arrival = new Arrival(replica, new FakeRef<>());
      arrivals.add(arrival);
      return arrival.ref();
    }

    List<String> takeArrivals() {
      List<String> names = arrivals.stream().map(Arrival::replica).toList();
      arrivals.clear();
      return names;
    }
  }

  private final FakeTime time = new FakeTime();
  private final Cluster cluster = new Cluster();

  private Router<String> router(RouterLimits limits, String... replicas) {
    return new Router<>(
        "echo", limits, Arrays.asList(replicas), cluster, time, Runnable::run, time);
  }

  private CompletableFuture<String> call(Router<String> router) {
    return router.call(cluster::arrive);
  }

  private List<CompletableFuture<String>> calls(Router<String> router, int count) {
    var results = new ArrayList<CompletableFuture<String>>();
    for (int i = 0; i < count; i++) {
      results.add(call(router));
    }
    return results;
  }

  @Test
  void shouldSpreadCallsOverTheReplicas() {
    cluster.living.addAll(Set.of("a", "b"));
    var router = router(LIMITS, "a", "b");

    calls(router, 4);

    assertThat(cluster.takeArrivals()).containsExactly("a", "b", "a", "b");
  }

  @Test
  void shouldGiveTheAnswerOrTheFailureOfTheCall() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");
    var answered = call(router);
    var failed = call(router);
    var failure = new TaskFailedException("no");

    cluster.arrivals.remove().ref().complete("yes");
    cluster.arrivals.remove().ref().fail(failure);

    assertThat(answered.join()).isEqualTo("yes");
    assertThatThrownBy(failed::join).hasCause(failure);
    assertThat(router.counts()).containsEntry("open", 0).containsEntry("waiting", 0);
  }

  @Test
  void shouldQueueWhenReplicasAreFullAndServeFirstComeFirst() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");
    var results = calls(router, 4);
    assertThat(cluster.arrivals).hasSize(2);

    cluster.arrivals.remove().ref().complete("one");
    cluster.arrivals.remove().ref().complete("two");
    cluster.arrivals.remove().ref().complete("three");
    cluster.arrivals.remove().ref().complete("four");

    assertThat(results.stream().map(CompletableFuture::join))
        .containsExactly("one", "two", "three", "four");
  }

  @Test
  void shouldRefuseAtOnceWhenTheQueueIsFull() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");
    calls(router, 5);

    var refused = call(router);

    assertThat(refused).isCompletedExceptionally();
    assertThatThrownBy(refused::join)
        .hasCauseInstanceOf(PendingCallsLimitExceededException.class)
        .hasMessageContaining("3 wait")
        .hasMessageContaining("maxQueued");
    cluster.arrivals.remove().ref().complete("done");
    assertThat(call(router)).isNotDone();
  }

  @Test
  void shouldFailALateCallAndCancelIt() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");
    var late = call(router);
    time.advance(Duration.ofSeconds(10));
    var later = call(router);

    time.advance(Duration.ofSeconds(20));

    assertThatThrownBy(late::join)
        .hasCauseInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("30000 ms");
    assertThatThrownBy(cluster.arrivals.remove().ref()::get)
        .hasCauseInstanceOf(TaskCancelledException.class);
    assertThat(later).isNotDone();
    time.advance(Duration.ofSeconds(10));
    assertThat(later).isCompletedExceptionally();
    assertThat(router.counts()).containsEntry("open", 0);
    assertThat(time.scheduled()).isZero();
  }

  @Test
  void shouldFailALateCallThatNeverGotAReplicaAndFreeItsPlace() {
    var router = router(LIMITS, "a");
    var results = calls(router, 3);
    assertThat(call(router)).isCompletedExceptionally();

    time.advance(Duration.ofSeconds(30));

    assertThat(results).allMatch(CompletableFuture::isCompletedExceptionally);
    assertThat(router.counts()).containsEntry("waiting", 0);
    assertThat(call(router)).isNotDone();
  }

  @Test
  void shouldServeWhatWaitedWhenAReplicaIsFound() {
    var router = router(LIMITS, "a");
    calls(router, 3);
    assertThat(router.ready().toCompletableFuture()).isNotDone();

    cluster.living.add("a");
    time.advance(Duration.ofSeconds(3));

    assertThat(router.ready().toCompletableFuture()).isDone();
    assertThat(cluster.takeArrivals()).containsExactly("a", "a");
  }

  @Test
  void shouldSetADeadReplicaAsideUntilItAnswers() {
    cluster.living.addAll(Set.of("a", "b"));
    var router = router(LIMITS, "a", "b");
    var lost = calls(router, 2).getFirst();
    cluster.living.remove("a");

    cluster
        .arrivals
        .remove()
        .ref()
        .fail(new ActorDiedException(ActorDiedException.Reason.KILLED, "a died"));
    cluster.arrivals.remove().ref().complete("b");

    assertThatThrownBy(lost::join).hasCauseInstanceOf(ActorDiedException.class);
    calls(router, 2);
    assertThat(cluster.takeArrivals()).containsExactly("b", "b");

    cluster.living.add("a");
    time.advance(Duration.ofSeconds(3));
    calls(router, 2);
    assertThat(cluster.takeArrivals()).containsExactly("a", "a");
  }

  @Test
  void shouldTellWhenAllReplicasHaveBeenGoneForAMinute() {
    cluster.living.addAll(Set.of("a", "b"));
    var router = router(LIMITS, "a", "b");
    calls(router, 2);
    cluster.living.remove("a");
    cluster
        .arrivals
        .remove()
        .ref()
        .fail(new ActorDiedException(ActorDiedException.Reason.KILLED, "a died"));
    time.advance(Duration.ofMinutes(2));
    assertThat(router.lost().toCompletableFuture()).isNotDone();

    cluster.arrivals.clear();
    call(router);
    cluster.living.remove("b");
    cluster
        .arrivals
        .remove()
        .ref()
        .fail(new ActorDiedException(ActorDiedException.Reason.KILLED, "b died"));
    time.advance(Duration.ofSeconds(59));
    assertThat(router.lost().toCompletableFuture()).isNotDone();

    time.advance(Duration.ofSeconds(5));
    assertThat(router.lost().toCompletableFuture()).isDone();
  }

  @Test
  void shouldStopLookingForReplicasWhenItIsClosed() {
    var router = router(LIMITS, "a");
    time.advance(Duration.ofSeconds(10));

    router.close();
    time.advance(Duration.ofSeconds(10));

    assertThat(time.scheduled()).isZero();
  }

  @Test
  void shouldProbeADeadReplicaOnceHoweverManyCallsItLost() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");
    calls(router, 2);
    cluster.probes = 0;
    cluster.living.clear();

    cluster.arrivals.remove().ref().fail(new NodeDiedException("node died"));
    cluster.arrivals.remove().ref().fail(new NodeDiedException("node died"));
    cluster.living.add("a");
    time.advance(Duration.ofSeconds(10));

    assertThat(cluster.probes).isEqualTo(1);
  }

  @Test
  void shouldRepeatACallWhoseReplicaDiedWhenItIsIdempotent() {
    cluster.living.addAll(Set.of("a", "b"));
    var router = router(new RouterLimits(2, 3, Duration.ofSeconds(30), true), "a", "b");
    var result = call(router);
    cluster.living.remove("a");

    cluster
        .arrivals
        .remove()
        .ref()
        .fail(new ActorDiedException(ActorDiedException.Reason.KILLED, "a died"));

    assertThat(result).isNotDone();
    Arrival second = cluster.arrivals.remove();
    assertThat(second.replica()).isEqualTo("b");
    second.ref().complete("again");
    assertThat(result.join()).isEqualTo("again");
  }

  @Test
  void shouldRepeatACallWhenAReplicaIsBackAndGiveUpAtItsDeadline() {
    cluster.living.add("a");
    var router = router(new RouterLimits(1, 0, Duration.ofSeconds(30), true), "a");
    var result = call(router);
    cluster.living.clear();
    cluster
        .arrivals
        .remove()
        .ref()
        .fail(new ActorDiedException(ActorDiedException.Reason.KILLED, "a died"));
    time.advance(Duration.ofSeconds(10));
    cluster.living.add("a");
    time.advance(Duration.ofSeconds(3));
    assertThat(cluster.arrivals).hasSize(1);

    time.advance(Duration.ofSeconds(17));

    assertThatThrownBy(result::join).hasCauseInstanceOf(GetTimeoutException.class);
  }

  @Test
  void shouldAnswerWhenTheCallItselfThrows() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");

    var refused =
        router.<String>call(
            replica -> {
              throw new PendingCallsLimitExceededException("too many");
            });

    assertThatThrownBy(refused::join).hasCauseInstanceOf(PendingCallsLimitExceededException.class);
    assertThat(router.counts()).containsEntry("open", 0);
    calls(router, 2);
    assertThat(cluster.arrivals).hasSize(2);
  }

  @Test
  void shouldFailWhatWaitsAndWhatComesAfterItIsClosed() {
    cluster.living.add("a");
    var router = router(LIMITS, "a");
    var results = calls(router, 3);

    router.close();

    assertThatThrownBy(results.get(2)::join)
        .hasCauseInstanceOf(ActorDiedException.class)
        .hasMessageContaining("not served any more");
    assertThat(call(router)).isCompletedExceptionally();
    cluster.arrivals.remove().ref().complete("finished");
    assertThat(results.getFirst().join()).isEqualTo("finished");
  }
}
