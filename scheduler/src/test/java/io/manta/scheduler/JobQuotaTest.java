package io.manta.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class JobQuotaTest {
  private static final long MILLI = Duration.ofMillis(1).toNanos();
  private static final Resources TOTAL = Resources.cpus(8).with("gpu", 1);
  private static final Resources ONE = Resources.cpus(1);
  private static final Resources FOUR = Resources.cpus(4);
  private static final NodeId A = new NodeId(1);
  private static final NodeId B = new NodeId(2);

  private final AtomicLong clock = new AtomicLong();
  private final JobQuota quota = new JobQuota(TOTAL, clock::get);
  private final Map<NodeId, QuotaShare> shares = new HashMap<>();

  private QuotaShare share(NodeId node) {
    return shares.computeIfAbsent(node, missing -> new QuotaShare(TOTAL, clock::get, () -> {}));
  }

  /// All that is said in answer to what a process says, until nobody says more.
  private void tells(NodeId node) {
    deliver(quota.reported(node, share(node).report()));
  }

  private void deliver(List<JobQuota.Told> all) {
    for (JobQuota.Told told : all) {
      if (share(told.to()).answered(told.answer())) {
        tells(told.to());
      }
    }
  }

  private boolean takes(NodeId node, Resources asked) {
    if (share(node).tryTake(asked, false)) {
      return true;
    }
    share(node).want(asked, 1, 0, false);
    tells(node);
    return share(node).tryTake(asked, false);
  }

  private void passes(long millis) {
    clock.addAndGet(millis * MILLI);
    for (NodeId node : List.copyOf(shares.keySet())) {
      if (share(node).tick()) {
        tells(node);
      }
    }
  }

  @Test
  void shouldGiveAllProcessesTogetherNoMoreThanThereIs() {
    assertThat(takes(A, FOUR)).isTrue();
    assertThat(takes(B, FOUR)).isTrue();
    assertThat(takes(B, ONE)).isFalse();
    assertThat(quota.usage().inUse()).isEqualTo(Resources.cpus(8));
    assertThat(share(B).stops(ONE)).isTrue();
    assertThat(share(B).stops(Resources.NONE.with("gpu", 1))).isFalse();
  }

  @Test
  void shouldNotLimitWhatItDoesNotName() {
    assertThat(share(A).tryTake(Resources.NONE.with("licence", 100), false)).isTrue();
    assertThat(takes(A, ONE.with("licence", 100))).isTrue();
    assertThat(quota.usage().inUse()).isEqualTo(ONE);
  }

  @Test
  void shouldKeepWhatIsUnusedForAMomentAndThenGiveItBack() {
    takes(A, FOUR);
    share(A).giveBack(FOUR);
    passes(50);
    assertThat(share(A).tryTake(FOUR, false)).as("nobody is asked").isTrue();
    share(A).giveBack(FOUR);
    passes(101);

    assertThat(quota.usage().inUse()).isEqualTo(Resources.NONE);
  }

  @Test
  void shouldGiveBackSoonerWhatOthersWaitFor() {
    takes(A, FOUR);
    takes(A, FOUR);
    assertThat(takes(B, ONE)).isFalse();
    share(A).giveBack(FOUR);
    passes(6);

    assertThat(share(B).tryTake(ONE, false)).isTrue();
  }

  @Test
  void shouldNotGoFromOneToTheNextForLongWhileOthersWait() {
    takes(A, FOUR);
    takes(A, FOUR);
    assertThat(share(A).isOwed()).isFalse();
    assertThat(takes(B, FOUR)).isFalse();
    assertThat(share(A).isOwed()).as("for a moment it does").isFalse();
    passes(201);
    assertThat(share(A).isOwed()).isTrue();
    share(A).giveBack(FOUR);
    tells(A);

    assertThat(share(A).tryTake(ONE, false)).isFalse();
    assertThat(share(B).tryTake(FOUR, false)).isTrue();
  }

  @Test
  void shouldHoldWhatBecomesFreeForTheMostUrgent() {
    takes(A, FOUR);
    takes(A, ONE);
    share(B).want(FOUR, 1, 1000, false);
    tells(B);

    assertThat(takes(A, ONE)).as("3 are free, and held").isFalse();
    assertThat(takes(A, Resources.NONE.with("gpu", 1))).as("others are not").isTrue();
    share(A).giveBack(ONE);
    passes(201);
    assertThat(share(B).tryTake(FOUR, false)).isTrue();
  }

  @Test
  void shouldHoldNothingForWhatActorsLeaveTooLittleFor() {
    takes(A, FOUR);
    takes(A, ONE);
    share(A).keep(Resources.cpus(5));
    tells(A);
    share(B).want(FOUR, 1, 1000, false);
    tells(B);

    assertThat(takes(A, ONE)).isTrue();
    assertThat(takes(A, ONE)).isTrue();
    assertThat(takes(A, ONE)).isTrue();
    assertThat(takes(A, ONE)).isFalse();
  }

  @Test
  void shouldGiveWhoComesBackFromAWaitItsPartFirst() {
    takes(A, FOUR);
    takes(A, FOUR);
    takes(B, ONE);
    share(B).want(ONE, 100, Duration.ofHours(1).toNanos(), false);
    tells(B);
    share(A).giveBack(ONE);
    share(A).want(ONE, 1, 0, true);
    passes(201);
    share(A).giveBack(FOUR);
    tells(A);

    assertThat(share(A).tryTake(ONE, false)).isFalse();
    assertThat(share(A).tryTake(ONE, true)).isTrue();
  }

  @Test
  void shouldTakeBackWhatADeadProcessHad() {
    takes(A, FOUR);
    takes(A, FOUR);
    assertThat(takes(B, FOUR)).isFalse();

    deliver(quota.gone(A));

    assertThat(share(B).tryTake(FOUR, false)).isTrue();
    assertThat(quota.usage().inUse()).isEqualTo(FOUR);
  }

  @Test
  void shouldNotBelieveWhatAProcessSaidBeforeItHeardOfAGrant() {
    share(A).want(FOUR, 1, 0, false);
    QuotaShare.Report early = share(A).report();
    tells(A);
    share(A).tryTake(FOUR, false);
    assertThat(quota.usage().inUse()).isEqualTo(FOUR);

    assertThat(quota.reported(A, early))
        .singleElement()
        .satisfies(told -> assertThat(told.answer().number()).as("the same").isEqualTo(1));
    assertThat(quota.usage().inUse()).isEqualTo(FOUR);
  }

  @Test
  void shouldLimitNothingOnceTheJobIsOver() {
    takes(A, FOUR);
    share(A).lift();

    assertThat(share(A).tryTake(Resources.cpus(100), false)).isTrue();
    share(A).giveBack(FOUR);
    assertThat(share(A).stops(Resources.cpus(100))).isFalse();
  }

  @Test
  void shouldNameWhatIsInUse() {
    Resources all = TOTAL.with(Resources.MEMORY, 16L << 30);

    assertThat(JobQuota.lacking(all, Resources.cpus(8), ONE))
        .hasValue("it asks for 1 cpu, and its job has 8 of 8 cpu of its quota in use");
    assertThat(
            JobQuota.lacking(
                all,
                Resources.NONE.with(Resources.MEMORY, 14L << 30),
                Resources.NONE.with(Resources.MEMORY, 4L << 30)))
        .hasValueSatisfying(why -> assertThat(why).contains("has 14 GiB of 16 GiB memory"));
    assertThat(JobQuota.lacking(all, Resources.cpus(7), ONE)).isEmpty();
  }

  /// Processes that run random work, whose messages are late, lost and overtaken, and that die.
  private static final class Simulation {
    private final Random random;
    private final AtomicLong clock = new AtomicLong();
    private final JobQuota quota = new JobQuota(TOTAL, clock::get);
    private final List<Process> processes = new ArrayList<>();
    private final List<Runnable> messages = new ArrayList<>();
    private boolean lossy = true;
    private int done;
    private int died;

    Simulation(long seed) {
      random = new Random(seed);
      for (int i = 0; i < 4; i++) {
        processes.add(new Process(new NodeId(i + 1)));
      }
    }

    final class Process {
      private final NodeId id;
      private final QuotaShare share = new QuotaShare(TOTAL, clock::get, this::reports);
      private final Deque<Resources> waiting = new ArrayDeque<>();
      private final List<Resources> running = new ArrayList<>();
      private final List<Resources> blocked = new ArrayList<>();
      private final List<Resources> returning = new ArrayList<>();
      private boolean dead;

      Process(NodeId id) {
        this.id = id;
      }

      void reports() {
        message(
            () -> {
              if (!dead) {
                QuotaShare.Report report = share.report();
                message(() -> reported(report));
              }
            });
      }

      private void reported(QuotaShare.Report report) {
        if (!dead) {
          tell(quota.reported(id, report));
        }
      }

      void answered(JobQuota.Answer answer) {
        if (dead) {
          return;
        }
        boolean granted = share.answered(answer);
        startAll();
        if (share.tick() || granted) {
          reports();
        }
      }

      void startAll() {
        returning.removeIf(
            asked -> {
              boolean taken = share.tryTake(asked, true);
              if (taken) {
                running.add(asked);
              } else {
                share.want(asked, 1, 0, true);
              }
              return taken;
            });
        Resources next;
        while ((next = waiting.peek()) != null) {
          if (!share.tryTake(next, false)) {
            share.want(next, 1 + random.nextInt(3), 0, false);
            return;
          }
          if (random.nextInt(20) == 0) {
            share.noRoom(next);
            return;
          }
          running.add(waiting.remove());
        }
      }

      void step() {
        switch (random.nextInt(5)) {
          case 0 -> {
            if (lossy && waiting.size() < 10) {
              waiting.add(asked());
            }
            startAll();
          }
          case 1 -> {
            if (!running.isEmpty()) {
              Resources over = running.remove(random.nextInt(running.size()));
              share.giveBack(over);
              done++;
              startAll();
            }
          }
          case 2 -> {
            if (lossy && !running.isEmpty()) {
              Resources held = running.remove(random.nextInt(running.size()));
              share.giveBack(held);
              blocked.add(held);
            }
          }
          case 3 -> {
            if (!blocked.isEmpty()) {
              returning.add(blocked.removeLast());
              startAll();
            }
          }
          default -> {
            startAll();
            if (share.tick()) {
              reports();
            }
          }
        }
      }

      private Resources asked() {
        return switch (random.nextInt(6)) {
          case 0 -> Resources.cpus(1 + random.nextInt(8));
          case 1 -> Resources.cpus(0.5).with("gpu", 0.5);
          case 2 -> Resources.NONE.with("gpu", 1);
          default -> Resources.cpus(1 + random.nextInt(2));
        };
      }

      boolean isBusy() {
        return !(waiting.isEmpty()
            && running.isEmpty()
            && blocked.isEmpty()
            && returning.isEmpty());
      }
    }

    private void message(Runnable arrives) {
      if (!lossy || random.nextInt(30) > 0) {
        messages.add(arrives);
      }
    }

    private void tell(List<JobQuota.Told> all) {
      for (JobQuota.Told told : all) {
        Process to = processes.get((int) told.to().value() - 1);
        message(() -> to.answered(told.answer()));
      }
    }

    void step() {
      clock.addAndGet(random.nextInt(5) * MILLI);
      if (!messages.isEmpty() && random.nextBoolean()) {
        messages.remove(random.nextInt(Math.min(10, messages.size()))).run();
      }
      Process process = processes.get(random.nextInt(processes.size()));
      if (!process.dead) {
        process.step();
      }
      if (lossy && died < 2 && random.nextInt(1000) == 0) {
        died++;
        process.dead = true;
        tell(quota.gone(process.id));
      }
      Resources inUse =
          processes.stream()
              .filter(living -> !living.dead)
              .flatMap(living -> living.running.stream())
              .reduce(Resources.NONE, Resources::plus);
      assertThat(TOTAL.cover(inUse)).as("%s in use", inUse).isTrue();
    }

    boolean isBusy() {
      return processes.stream().anyMatch(process -> !process.dead && process.isBusy());
    }
  }

  @Test
  void shouldNeverExceedTheTotalAndServeAllWhateverIsLostOrDies() {
    int done = 0;
    for (long seed = 1; seed <= 50; seed++) {
      var simulation = new Simulation(seed);
      try {
        for (int i = 0; i < 4000; i++) {
          simulation.step();
        }
        simulation.lossy = false;
        for (int i = 0; simulation.isBusy(); i++) {
          assertThat(i).as("steps until all is done").isLessThan(50_000);
          simulation.step();
        }
        for (int i = 0; i < 2000; i++) {
          simulation.step();
        }
        assertThat(simulation.quota.usage().inUse())
            .as("in use at the end")
            .isEqualTo(Resources.NONE);
        done += simulation.done;
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(done).as("pieces of work").isGreaterThan(2_000);
  }
}
