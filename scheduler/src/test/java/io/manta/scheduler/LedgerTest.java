package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Which gpus a node gives.
class LedgerTest {
  private static Resources gpus(double amount) {
    return Resources.cpus(1).with(Resources.GPU, amount);
  }

  private static Ledger ledger(double gpus) {
    return new Ledger(Resources.cpus(100).with(Resources.GPU, gpus));
  }

  @Test
  void shouldGiveWholeGpusToOneEachAndShareOneAmongParts() {
    Ledger ledger = ledger(3);
    assertThat(ledger.tryTake(gpus(0.5))).isTrue();
    assertThat(ledger.tryTake(gpus(2))).isTrue();
    assertThat(ledger.tryTake(gpus(0.5))).isTrue();
    List<Integer> first = ledger.gpus(gpus(0.5));
    List<Integer> second = ledger.gpus(gpus(0.5));
    List<Integer> whole = ledger.gpus(gpus(2));

    assertThat(first).isEqualTo(second).hasSize(1);
    assertThat(whole).hasSize(2).doesNotContainAnyElementsOf(first);
    assertThat(ledger.tryTake(gpus(0.5))).isFalse();
  }

  @Test
  void shouldRefuseAPartThatNoUnitHasRoomForAlthoughTheSumHas() {
    Ledger ledger = ledger(2);
    assertThat(ledger.tryTake(gpus(0.7))).isTrue();
    assertThat(ledger.tryTake(gpus(0.7))).isTrue();

    assertThat(ledger.tryTake(gpus(0.6))).isFalse();
    assertThat(ledger.available().gpus()).isEqualTo(0.6);
    assertThat(ledger.available().cpus()).isEqualTo(98);
  }

  @Test
  void shouldFailWhenUnitsAreGivenBackThatWereNotTaken() {
    assertThatThrownBy(() -> ledger(1).giveBack(gpus(1))).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldNeverGiveMoreOfAUnitThanThereIs() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      Ledger ledger = ledger(4);
      double[] amounts = {0.25, 0.5, 0.7, 1, 2, 1.5};
      var held = new ArrayList<Resources>();
      var ids = new ArrayList<List<Integer>>();
      for (int step = 0; step < 200; step++) {
        Resources amount = gpus(amounts[random.nextInt(amounts.length)]);
        if (random.nextBoolean() && ledger.tryTake(amount)) {
          held.add(amount);
          ids.add(ledger.gpus(amount));
        } else if (!held.isEmpty()) {
          int which = random.nextInt(held.size());
          ledger.unusedGpus(held.get(which), ids.remove(which));
          ledger.giveBack(held.remove(which));
        }
        double[] used = new double[4];
        for (int i = 0; i < held.size(); i++) {
          List<Integer> units = ids.get(i);
          double part = held.get(i).gpus() % 1;
          for (int j = 0; j < units.size(); j++) {
            used[units.get(j)] += j == units.size() - 1 && part > 0 ? part : 1;
          }
        }
        assertThat(Arrays.stream(used).max().getAsDouble())
            .as("seed %s step %s", seed, step)
            .isLessThan(1.0001);
      }
      while (!held.isEmpty()) {
        ledger.unusedGpus(held.getLast(), ids.removeLast());
        ledger.giveBack(held.removeLast());
      }
      assertThat(ledger.available()).isEqualTo(ledger.total());
    }
  }
}
