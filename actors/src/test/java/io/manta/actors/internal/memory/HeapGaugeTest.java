package io.manta.actors.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class HeapGaugeTest {
  private long nanos = Duration.ofMinutes(-1).toNanos();

  /// Of a thousand bytes.
  private final class FakeHeap implements Heap {
    private long live;
    private long garbage;
    private long collectMillis = 10;
    private int collections;
    private long kept;

    @Override
    public long used() {
      return live + garbage;
    }

    @Override
    public long most() {
      return 1000;
    }

    @Override
    public long committed() {
      return most();
    }

    @Override
    public void collect() {
      collections++;
      garbage = 0;
      kept = live;
      pass(collectMillis);
    }

    @Override
    public long kept() {
      return kept;
    }
  }

  private final FakeHeap heap = new FakeHeap();
  private final HeapGauge gauge = new HeapGauge(heap, () -> nanos, 0.8);

  private void pass(long millis) {
    nanos += Duration.ofMillis(millis).toNanos();
  }

  private MemoryReading read() {
    return gauge.read().getFirst();
  }

  @Test
  void shouldNotCollectWhereThereIsRoom() {
    heap.live = 300;
    heap.garbage = 499;

    assertThat(read().used()).isEqualTo(799);
    assertThat(heap.collections).isZero();
  }

  @Test
  void shouldTellGarbageFromWhatIsKept() {
    heap.live = 300;
    heap.garbage = 600;

    assertThat(read().part()).isEqualTo(0.3);
  }

  @Test
  void shouldSeeWhatIsKept() {
    heap.live = 900;
    heap.garbage = 50;
    long before = nanos;

    assertThat(read())
        .isEqualTo(new MemoryReading(MemoryReading.Kind.HEAP, 900, 1000, before, true));
  }

  @Test
  void shouldKeepToTheLastCollectionUntilTheNextIsDue() {
    heap.live = 300;
    heap.garbage = 600;
    MemoryReading first = read();
    pass(990);
    heap.live = 950;
    assertThat(read()).isEqualTo(first);
    assertThat(heap.collections).isEqualTo(1);

    pass(10);
    assertThat(read().used()).isEqualTo(950);
    assertThat(heap.collections).isEqualTo(2);
  }

  @Test
  void shouldCollectAtOnceWhenItIsToMeasureAnew() {
    heap.live = 900;
    read();
    pass(1);

    gauge.measureAnew();

    assertThat(read().takenNanos()).isEqualTo(nanos - Duration.ofMillis(10).toNanos());
    assertThat(heap.collections).isEqualTo(2);
  }

  @Test
  void shouldSpendAtMostATenthOfTheTime() {
    heap.live = 900;
    heap.collectMillis = 2_000;
    long start = nanos;
    for (int i = 0; i < 1000; i++) {
      read();
      pass(250);
    }

    long spent = heap.collections * Duration.ofMillis(heap.collectMillis).toNanos();
    assertThat((double) spent / (nanos - start)).isBetween(0.08, 0.11);
  }

  @Test
  void shouldSeeAtOnceThatMuchBecameFree() {
    heap.live = 900;
    read();
    heap.live = 200;
    pass(1);

    assertThat(read())
        .isEqualTo(new MemoryReading(MemoryReading.Kind.HEAP, 200, 1000, nanos, true));
  }

  @Test
  void shouldMeasureThisJvm() {
    Heap own = Heap.ofThisJvm();
    byte[] kept = new byte[8 << 20];

    own.collect();
    assertThat(own.kept()).isBetween((long) kept.length, own.most());
    assertThat(own.used()).isBetween((long) kept.length, own.most());
  }
}
