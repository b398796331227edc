package io.manta.actors.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.MemoryLimits;
import io.manta.core.NodeId;
import io.manta.core.OutOfMemoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryWatchTest implements MemoryWatch.Node, Heap, RunningTask {
  private static final MemoryLimits LIMITS = new MemoryLimits(Duration.ofMillis(250), 0.8, 0.9);

  @TempDir private Path noHost;

  private final List<String> failures = new ArrayList<>();
  private long nanos;
  private long live;
  private int looksAgain;

  private MemoryWatch watch() {
    return new MemoryWatch(LIMITS, this, this, noHost, () -> nanos);
  }

  private void look(MemoryWatch watch, long used) {
    live = used << 20;
    nanos += Duration.ofSeconds(5).toNanos();
    watch.look();
  }

  @Test
  void shouldSayWhatIsShortUntilThereIsEnough() {
    MemoryWatch watch = watch();
    look(watch, 790);
    assertThat(watch.shortage()).isEmpty();

    look(watch, 850);
    assertThat(watch.shortage()).contains("its heap holds 850 MiB of 1000 MiB (85 %)");
    look(watch, 790);
    assertThat(watch.shortage()).contains("its heap holds 850 MiB of 1000 MiB (85 %)");
    look(watch, 700);
    assertThat(watch.shortage()).isEmpty();
  }

  @Test
  void shouldHaveWaitingWorkLookedAtWhileAndAfterItIsShort() {
    MemoryWatch watch = watch();
    look(watch, 850);
    assertThat(looksAgain).isZero();
    look(watch, 850);
    assertThat(looksAgain).isEqualTo(1);
    look(watch, 100);
    assertThat(looksAgain).isEqualTo(2);
    look(watch, 100);
    assertThat(looksAgain).isEqualTo(2);
  }

  @Test
  void shouldFailATaskWithWhatItMeasured() {
    look(watch(), 950);

    assertThat(failures)
        .containsExactly(
            "the task was ended, since its node, the node, is low on memory: its heap holds 950"
                + " MiB of 1000 MiB (95 %), and memory-threshold is 0.9. It was chosen as one"
                + " with retries. Have fewer such tasks run at once by what they ask for (memory), or"
                + " give the node a larger heap (-Xmx)");
  }

  @Override
  public String name() {
    return "the node";
  }

  @Override
  public Collection<? extends RunningTask> running() {
    return List.of(this);
  }

  @Override
  public void lookAgain() {
    looksAgain++;
  }

  @Override
  public long used() {
    return live;
  }

  @Override
  public long most() {
    return 1000 << 20;
  }

  @Override
  public long committed() {
    return most();
  }

  @Override
  public void collect() {}

  @Override
  public long kept() {
    return live;
  }

  @Override
  public String what() {
    return "the task";
  }

  @Override
  public NodeId owner() {
    return new NodeId(1);
  }

  @Override
  public boolean retriable() {
    return true;
  }

  @Override
  public boolean isolated() {
    return false;
  }

  @Override
  public long startedNanos() {
    return 0;
  }

  @Override
  public boolean isOver() {
    return true;
  }

  @Override
  public void fail(OutOfMemoryException reason) {
    failures.add(String.valueOf(reason.getMessage()));
  }
}
