package io.manta.actors.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.MemoryLimits;
import io.manta.actors.internal.memory.MemoryReading.Kind;
import io.manta.core.NodeId;
import io.manta.core.OutOfMemoryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemoryPolicyTest {
  private static final NodeId ALICE = new NodeId(1);
  private static final NodeId BOB = new NodeId(2);

  private final MemoryPolicy policy = new MemoryPolicy(MemoryLimits.defaults());
  private final List<Task> tasks = new ArrayList<>();
  private long millis = -5000;

  private static final class Task implements RunningTask {
    private final String name;
    private final NodeId owner;
    private final long started;
    private boolean retriable = true;
    private boolean isolated;
    private boolean over;

    Task(String name, NodeId owner, long started) {
      this.name = name;
      this.owner = owner;
      this.started = started;
    }

    @Override
    public String what() {
      return name;
    }

    @Override
    public NodeId owner() {
      return owner;
    }

    @Override
    public boolean retriable() {
      return retriable;
    }

    @Override
    public boolean isolated() {
      return isolated;
    }

    @Override
    public long startedNanos() {
      return started;
    }

    @Override
    public boolean isOver() {
      return over;
    }

    @Override
    public void fail(OutOfMemoryException reason) {
      throw new AssertionError("the policy only decides");
    }
  }

  /// Each begins after those before.
  private Task runs(String name, NodeId owner) {
    var task = new Task(name, owner, tasks.size());
    tasks.add(task);
    return task;
  }

  @Test
  void shouldSpareTasksOfItsOwnProcessWhenOthersFillTheHost() {
    runs("inside", ALICE);

    assertThat(look(reading(Kind.HOST, 0.97)).failing()).isEmpty();
    assertThat(look(new MemoryReading(Kind.HOST, 970, 1000, nanos(), true)).failing()).isPresent();
  }

  private MemoryReading reading(Kind kind, double part) {
    return new MemoryReading(kind, Math.round(part * 1000), 1000, nanos(), kind == Kind.HEAP);
  }

  private long nanos() {
    return Duration.ofMillis(millis).toNanos();
  }

  private MemoryPolicy.Decision look(MemoryReading... readings) {
    return policy.next(
        nanos(), List.of(readings), () -> tasks.stream().filter(task -> !task.over).toList());
  }

  private Optional<String> failing(Kind kind, double part) {
    return look(reading(kind, part)).failing().map(failing -> failing.task().what());
  }

  @Test
  void shouldDoNothingWhileThereIsEnough() {
    runs("task", ALICE);
    for (int i = 0; i < 100; i++, millis += 250) {
      assertThat(look(reading(Kind.HEAP, 0.89), reading(Kind.HOST, 0.5)))
          .isEqualTo(new MemoryPolicy.Decision(Optional.empty(), Optional.empty()));
    }
  }

  @Test
  void shouldFailNothingBetweenTheTwoLimits() {
    runs("task", ALICE);
    for (int i = 0; i < 100; i++, millis += 250) {
      var decision = look(reading(Kind.HEAP, 0.94));
      assertThat(decision.shortage()).isPresent();
      assertThat(decision.failing()).isEmpty();
    }
  }

  @Test
  void shouldBeShortUntilTheUseFellClearlyBelowTheLimit() {
    assertThat(look(reading(Kind.HOST, 0.9)).shortage()).isPresent();
    assertThat(look(reading(Kind.HOST, 0.89)).shortage()).isPresent();
    assertThat(look(reading(Kind.HOST, 0.87)).shortage()).isEmpty();
    assertThat(look(reading(Kind.HOST, 0.89)).shortage()).isEmpty();
  }

  @Test
  void shouldBeShortOfWhatIsFullest() {
    var decision = look(reading(Kind.HOST, 0.91), reading(Kind.GROUP, 0.93));

    assertThat(decision.shortage().map(MemoryReading::kind)).contains(Kind.GROUP);
  }

  @Test
  void shouldNotBeginToBeShortLaterThanItFailsTasks() {
    var early = new MemoryPolicy(MemoryLimits.defaults().withThreshold(0.5));

    assertThat(early.next(0, List.of(reading(Kind.HEAP, 0.5)), List::of).shortage()).isPresent();
  }

  @Test
  void shouldFailTheNewestThatHasRetries() {
    runs("first", ALICE);
    runs("second", ALICE);
    runs("third", ALICE).retriable = false;

    assertThat(failing(Kind.HEAP, 0.95)).contains("second");
  }

  @Test
  void shouldFailTheNewestWhenNoneHasRetries() {
    runs("first", ALICE).retriable = false;
    runs("second", ALICE).retriable = false;

    assertThat(failing(Kind.HEAP, 0.95)).contains("second");
  }

  @Test
  void shouldSpareWhoHasFewTasks() {
    runs("one", ALICE);
    runs("another", ALICE);
    runs("the only one", BOB);

    assertThat(failing(Kind.HEAP, 0.95)).contains("another");
  }

  @Test
  void shouldSpareWhoCameFirstAmongEquals() {
    runs("one", ALICE);
    runs("other's", BOB);
    runs("other's second", BOB);
    runs("another", ALICE);

    assertThat(failing(Kind.HEAP, 0.95)).contains("other's second");
  }

  @Test
  void shouldNotFailForTheHeapWhatHasAProcessOfItsOwn() {
    runs("inside", ALICE);
    runs("outside", ALICE).isolated = true;

    assertThat(failing(Kind.HEAP, 0.95)).contains("inside");
  }

  @Test
  void shouldFailForTheHostWhatHasAProcessOfItsOwn() {
    runs("outside", ALICE).isolated = true;
    runs("inside", ALICE);

    assertThat(failing(Kind.GROUP, 0.95)).contains("outside");
  }

  @Test
  void shouldLookAtTheNextKindWhenNothingHelpsTheFullest() {
    runs("outside", ALICE).isolated = true;

    var decision = look(reading(Kind.HEAP, 0.99), reading(Kind.HOST, 0.96));

    assertThat(decision.failing().map(failing -> failing.reading().kind())).contains(Kind.HOST);
  }

  @Test
  void shouldWaitForTheEffectBeforeItFailsTheNext() {
    runs("first", ALICE);
    Task second = runs("second", ALICE);
    assertThat(failing(Kind.HEAP, 0.97)).contains("second");
    millis += 250;
    assertThat(failing(Kind.HEAP, 0.97)).isEmpty();

    second.over = true;
    millis += 250;
    assertThat(failing(Kind.HEAP, 0.97)).isEmpty();
    millis += 999;
    assertThat(failing(Kind.HEAP, 0.97)).isEmpty();

    millis += 1;
    assertThat(failing(Kind.HEAP, 0.97)).contains("first");
  }

  @Test
  void shouldNotFailTheNextByWhatWasMeasuredBefore() {
    runs("first", ALICE);
    Task second = runs("second", ALICE);
    assertThat(failing(Kind.HEAP, 0.97)).contains("second");
    MemoryReading old = reading(Kind.HEAP, 0.97);
    second.over = true;
    for (int i = 0; i < 100; i++, millis += 250) {
      assertThat(look(old).failing()).isEmpty();
    }

    assertThat(failing(Kind.HEAP, 0.97)).contains("first");
  }

  @Test
  void shouldFailTheNextMuchLaterWhenOneDoesNotEnd() {
    runs("first", ALICE);
    Task deaf = runs("deaf", ALICE);
    assertThat(failing(Kind.HEAP, 0.97)).contains("deaf");
    tasks.remove(deaf); // it is cancelled

    millis += 9_999;
    assertThat(failing(Kind.HEAP, 0.97)).isEmpty();
    millis += 1;
    assertThat(failing(Kind.HEAP, 0.97)).contains("first");
  }

  @Test
  void shouldHaveItMeasuredOnceWhatTheEndOfATaskGave() {
    Task task = runs("task", ALICE);
    assertThat(policy.isMeasureDue(nanos())).isFalse();
    assertThat(failing(Kind.HEAP, 0.97)).contains("task");
    assertThat(policy.isMeasureDue(nanos())).isFalse();

    task.over = true;
    assertThat(policy.isMeasureDue(nanos())).isFalse();
    millis += 1000;
    assertThat(policy.isMeasureDue(nanos())).isTrue();
    assertThat(policy.isMeasureDue(nanos())).isFalse();
  }

  @Test
  void shouldFailNothingWhereNothingRuns() {
    var decision = look(reading(Kind.HEAP, 1));

    assertThat(decision.shortage()).isPresent();
    assertThat(decision.failing()).isEmpty();
  }
}
