package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.GroupNames;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// What a node gives of the bundles of placement groups.
class BundleLedgerTest {
  private static final JobId JOB = new JobId(new NodeId(1));
  private static final GroupNames NAMES =
      new GroupNames(new PlacementGroupId(new NodeId(5), 7), "trial");
  private static final Resources CPU = Resources.cpus(1);

  private final Ledger ledger = new Ledger(Resources.cpus(8).with(Resources.GPU, 4));

  private void add(Map<Integer, Resources> bundles) {
    ledger.add(ledger.reserve(NAMES, bundles).orElseThrow());
  }

  private static Resources in(int bundle, Resources amounts) {
    return NAMES.asked(OptionalInt.of(bundle), amounts);
  }

  private static Resources anywhere(Resources amounts) {
    return NAMES.asked(OptionalInt.empty(), amounts);
  }

  @Test
  void shouldTakeBundlesOutOfWhatTheNodeHas() {
    add(Map.of(0, Resources.cpus(2), 1, Resources.cpus(3)));

    assertThat(ledger.available().plain()).isEqualTo(Resources.cpus(3).with(Resources.GPU, 4));
    assertThat(ledger.total().plain()).isEqualTo(Resources.cpus(8).with(Resources.GPU, 4));
    assertThat(ledger.total().cover(in(1, Resources.cpus(3)))).isTrue();
    assertThat(ledger.total().cover(in(0, Resources.cpus(3)))).isFalse();
    assertThat(ledger.tryTake(Resources.cpus(4))).isFalse();
  }

  @Test
  void shouldReserveAllOrNothing() {
    assertThat(ledger.reserve(NAMES, Map.of(0, Resources.cpus(6), 1, Resources.cpus(3)))).isEmpty();
    assertThat(ledger.available()).isEqualTo(ledger.total());

    Reservation reserved = ledger.reserve(NAMES, Map.of(0, Resources.cpus(6))).orElseThrow();
    assertThat(ledger.tryTake(in(0, CPU))).as("before it is added").isFalse();
    ledger.cancel(reserved);
    assertThat(ledger.available()).isEqualTo(ledger.total());
  }

  @Test
  void shouldNotLetWhatIsAnywhereOvertakeWhatIsInABundle() {
    add(Map.of(0, CPU));
    assertThat(ledger.tryTake(anywhere(CPU))).isTrue();
    assertThat(ledger.tryTake(in(0, CPU))).isFalse();
    ledger.giveBack(anywhere(CPU));
    assertThat(ledger.tryTake(in(0, CPU))).isTrue();
    assertThat(ledger.tryTake(anywhere(CPU))).isFalse();
  }

  @Test
  void shouldKeepWhatIsInABundleToThat() {
    add(Map.of(0, CPU, 1, Resources.cpus(2)));
    assertThat(ledger.tryTake(in(0, CPU))).isTrue();
    assertThat(ledger.tryTake(in(0, CPU))).isFalse();
    assertThat(ledger.tryTake(in(1, Resources.cpus(2)))).isTrue();
    assertThat(ledger.tryTake(anywhere(CPU))).isFalse();
  }

  @Test
  void shouldHavePlaceForWhatAsksForNothing() {
    add(Map.of(0, CPU));
    assertThat(ledger.tryTake(in(0, CPU))).isTrue();
    assertThat(ledger.tryTake(in(0, Resources.NONE))).isTrue();
    assertThat(ledger.tryTake(anywhere(Resources.NONE))).isTrue();
    assertThat(ledger.tryTake(in(1, Resources.NONE))).as("a bundle elsewhere").isFalse();
  }

  @Test
  void shouldGiveTheGpusOfABundleToWhatIsInIt() {
    Resources gpu = CPU.with(Resources.GPU, 1);
    Resources half = Resources.NONE.with(Resources.GPU, 0.5);
    assertThat(ledger.tryTake(gpu)).isTrue();
    List<Integer> outside = ledger.gpus(gpu);
    add(Map.of(0, gpu, 1, gpu));

    assertThat(ledger.tryTake(in(1, gpu))).isTrue();
    List<Integer> second = ledger.gpus(in(1, gpu));
    assertThat(ledger.tryTake(anywhere(half))).isTrue();
    assertThat(ledger.tryTake(in(0, half))).isTrue();
    List<Integer> first = ledger.gpus(anywhere(half));
    assertThat(ledger.gpus(in(0, half))).isEqualTo(first).hasSize(1);
    assertThat(second).hasSize(1).doesNotContainAnyElementsOf(first);
    assertThat(outside).doesNotContainAnyElementsOf(first).doesNotContainAnyElementsOf(second);
    assertThat(ledger.tryTake(anywhere(half))).isFalse();

    ledger.unusedGpus(anywhere(half), first);
    ledger.giveBack(anywhere(half));
    assertThat(ledger.tryTake(in(0, half))).isTrue();
  }

  @Test
  void shouldFreeWhatIsInUseAtOnceAndNotTwice() {
    Resources gpu = CPU.with(Resources.GPU, 1);
    add(Map.of(0, gpu));
    assertThat(ledger.tryTake(in(0, gpu))).isTrue();
    List<Integer> ids = ledger.gpus(in(0, gpu));
    assertThat(ledger.isGone(in(0, gpu))).isFalse();

    assertThat(ledger.remove(NAMES.group())).as("used").isTrue();
    assertThat(ledger.available()).isEqualTo(Resources.cpus(8).with(Resources.GPU, 4));
    assertThat(ledger.total()).isEqualTo(ledger.available());
    ledger.unusedGpus(in(0, gpu), ids);
    ledger.giveBack(in(0, gpu));
    assertThat(ledger.available()).isEqualTo(ledger.total());
    assertThat(ledger.tryTake(in(0, gpu))).isFalse();
    assertThat(ledger.isGone(in(0, gpu))).isTrue();
    assertThat(ledger.remove(NAMES.group())).isFalse();
  }

  @Test
  void shouldLetWhatWaitedForAValueGoOnWhenItsGroupIsRemoved() throws Exception {
    add(Map.of(0, CPU));
    var queue =
        new AdmissionQueue<AdmissionQueue.Work>(
            new NodeId(1), Map::of, ledger, shape -> true, System::nanoTime);
    assertThat(ledger.tryTake(in(0, CPU))).isTrue();
    queue.giveBack(JOB, in(0, CPU));
    assertThat(ledger.tryTake(anywhere(CPU))).isTrue();
    var taken = queue.take(JOB, in(0, CPU));
    assertThat(taken.getCount()).isEqualTo(1);

    ledger.remove(NAMES.group());
    queue.resourcesFreed();
    assertThat(taken.await(0, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void shouldRefuseABundleThatIsThereAlready() {
    add(Map.of(0, CPU));
    Reservation again = ledger.reserve(NAMES, Map.of(0, CPU)).orElseThrow();
    assertThatThrownBy(() -> ledger.add(again)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldSayInWordsWhatIsOfABundle() {
    assertThat(in(1, Resources.cpus(2))).hasToString("2 cpu of bundle 1 of placement group trial");
    assertThat(anywhere(CPU.with(Resources.GPU, 0.5)))
        .hasToString("1 cpu, 0.5 gpu of placement group trial");
    assertThat(in(0, Resources.NONE)).hasToString("nothing of bundle 0 of placement group trial");
  }

  @Test
  void shouldNeverGiveMoreOfABundleThanItHas() {
    for (int seed = 0; seed < 200; seed++) {
      var random = new Random(seed);
      var fresh = new Ledger(Resources.cpus(8).with(Resources.GPU, 4));
      Map<Integer, Resources> bundles = new HashMap<>();
      for (int i = 0; i < 3; i++) {
        bundles.put(
            i,
            Resources.cpus(1 + random.nextInt(2))
                .with(Resources.GPU, new double[] {0, 0.5, 1, 1.5}[random.nextInt(4)]));
      }
      fresh.add(fresh.reserve(NAMES, bundles).orElse(new Reservation(NAMES, Map.of())));
      if (fresh.bundles(NAMES.group()).isEmpty()) {
        continue; // parts of gpus that fit no unit
      }
      Resources all = bundles.values().stream().reduce(Resources.NONE, Resources::plus);
      var held = new ArrayList<Resources>();
      var plain = new ArrayList<Resources>();
      var where = new ArrayList<OptionalInt>();
      for (int step = 0; step < 100; step++) {
        Resources amount =
            Resources.cpus(new double[] {0.5, 1, 2}[random.nextInt(3)])
                .with(Resources.GPU, new double[] {0, 0.25, 0.5, 1}[random.nextInt(4)]);
        int bundle = random.nextInt(4);
        OptionalInt in = bundle == 3 ? OptionalInt.empty() : OptionalInt.of(bundle);
        if (random.nextBoolean() && fresh.tryTake(NAMES.asked(in, amount))) {
          held.add(NAMES.asked(in, amount));
          plain.add(amount);
          where.add(in);
        } else if (!held.isEmpty()) {
          int which = random.nextInt(held.size());
          fresh.giveBack(held.remove(which));
          plain.remove(which);
          where.remove(which);
        }
        Resources taken = plain.stream().reduce(Resources.NONE, Resources::plus);
        assertThat(all.cover(taken)).as("seed %s step %s", seed, step).isTrue();
        for (int i = 0; i < 3; i++) {
          Resources here = Resources.NONE;
          for (int j = 0; j < held.size(); j++) {
            here = where.get(j).equals(OptionalInt.of(i)) ? here.plus(plain.get(j)) : here;
          }
          assertThat(bundles.get(i).cover(here)).as("seed %s step %s", seed, step).isTrue();
        }
      }
      held.forEach(fresh::giveBack);
      fresh.remove(NAMES.group());
      assertThat(fresh.available()).isEqualTo(fresh.total());
    }
  }

  @Test
  void shouldNeverOverdrawWhileGroupsComeAndGoUnderManyThreads() throws Exception {
    var used = new AtomicInteger();
    var most = new AtomicInteger();
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (int t = 0; t < 4; t++) {
        long number = t + 1;
        threads.submit(
            () -> {
              var names = new GroupNames(new PlacementGroupId(new NodeId(1), number), "g");
              for (int i = 0; i < 5000; i++) {
                ledger
                    .reserve(names, Map.of(0, Resources.cpus(3)))
                    .ifPresent(
                        reservation -> {
                          most.accumulateAndGet(used.addAndGet(3), Math::max);
                          ledger.add(reservation);
                          Resources task = names.asked(OptionalInt.of(0), CPU);
                          ledger.tryTake(task);
                          used.addAndGet(-3);
                          ledger.remove(names.group());
                          ledger.giveBack(task);
                        });
              }
            });
      }
    }
    assertThat(most.get()).isLessThanOrEqualTo(8);
    assertThat(ledger.available()).isEqualTo(ledger.total()).isEqualTo(ledger.total().plain());
  }
}
