package io.manta.serve.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ActorDiedException;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.ObjectRef;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PingsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final AtomicInteger calls = new AtomicInteger();

  private static FakeRef<Boolean> answered() {
    var ref = new FakeRef<Boolean>();
    ref.complete(true);
    return ref;
  }

  private static FakeRef<Boolean> failed(ActorDiedException failure) {
    var ref = new FakeRef<Boolean>();
    ref.fail(failure);
    return ref;
  }

  @Test
  void shouldCallAReplicaAgainWhenItsNodeDiedUnderTheCall() {
    Supplier<ObjectRef<Boolean>> restarting =
        () ->
            calls.incrementAndGet() < 3
                ? failed(
                    new ActorDiedException(
                        ActorDiedException.Reason.KILLED, "died with node " + calls))
                : answered();

    new Pings(List.of(PingsTest::answered, restarting)).await(LONG);

    assertThat(calls).hasValue(3);
  }

  @Test
  void shouldGiveUpOnAReplicaThatIsDeadForGood() {
    var reason = new ActorDiedException(ActorDiedException.Reason.KILLED, "killed");
    Supplier<ObjectRef<Boolean>> dead =
        () -> {
          calls.incrementAndGet();
          return failed(reason);
        };

    assertThatThrownBy(() -> new Pings(List.of(dead)).await(LONG)).hasCause(reason);
    assertThat(calls).hasValue(2);
  }

  @Test
  void shouldGiveUpAtOnceWhenAReplicaCanNotBeMade() {
    var impossible = new InfeasibleException("no node has 2 gpu");
    Supplier<ObjectRef<Boolean>> dead =
        () -> {
          calls.incrementAndGet();
          return failed(
              new ActorDiedException(ActorDiedException.Reason.KILLED, "not created", impossible));
        };

    assertThatThrownBy(() -> new Pings(List.of(dead)).await(LONG)).hasCause(impossible);
    assertThat(calls).hasValue(1);
  }

  @Test
  void shouldKnowWhoHasNotAnsweredWhenTheTimeIsOver() {
    var silent = new FakeRef<Boolean>();
    var pings = new Pings(List.of(PingsTest::answered, () -> silent));
    assertThat(pings.unanswered()).containsExactly(silent);

    assertThatThrownBy(() -> pings.await(Duration.ofMillis(1)))
        .isInstanceOf(GetTimeoutException.class);
  }
}
