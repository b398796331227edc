package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.actors.internal.KeptBytes.Look;
import org.junit.jupiter.api.Test;

class KeptBytesTest {
  private static final long MIB = 1L << 20;
  private static final long CAPACITY = 10_000 * MIB;

  private final KeptBytes kept = new KeptBytes();

  @Test
  void shouldLookEachTimeThatATenthMoreIsKept() {
    int looks = 0;
    for (int i = 0; i < 60; i++) {
      looks += kept.add(100 * MIB, CAPACITY) == Look.NO ? 0 : 1;
    }

    assertThat(looks).isEqualTo(6);
  }

  @Test
  void shouldNotLookWhileWhatIsKeptIsFreedInTime() {
    for (int i = 0; i < 1000; i++) {
      assertThat(kept.add(200 * MIB, CAPACITY)).isEqualTo(Look.NO);
      kept.remove(200 * MIB);
    }
  }

  @Test
  void shouldLookNowWhenTheStoreIsNearlyFull() {
    Look last = Look.NO;
    for (int i = 0; i < 8; i++) {
      last = kept.add(1000 * MIB, CAPACITY);
    }

    assertThat(last).isEqualTo(Look.NOW);
  }

  @Test
  void shouldNotLookForLittleInASmallStore() {
    assertThat(kept.add(200 * MIB, 256 * MIB)).isEqualTo(Look.NO);
    assertThat(kept.add(56 * MIB, 256 * MIB)).isEqualTo(Look.NOW);
  }
}
