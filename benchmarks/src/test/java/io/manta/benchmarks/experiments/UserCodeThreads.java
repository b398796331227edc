package io.manta.benchmarks.experiments;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Which threads run user code: throughput, latency, starvation and depth of waiting, by option.
/// Tasks declare one cpu each and the node has as many as the machine has cores; actors declare
/// none.
///
/// Arguments: the number of runs (3), then words that the names of the options to run contain.
public final class UserCodeThreads {
  private static final int CPUS = Runtime.getRuntime().availableProcessors();
  private static final int IN_FLIGHT = 1000;
  private static final int PARENTS = 10_000;
  private static final long PING_EVERY = MILLISECONDS.toNanos(5);
  private static final int PINGS = 600;

  private enum Tasks {
    EACH,
    DRAINING,
    PLATFORM
  }

  private enum Monitor {
    NONE,
    WITHOUT_NUDGES,
    FULL
  }

  /// `spins`: whether the cases with spinning code are run.
  private record Option(String name, Tasks tasks, int carriers, Monitor monitor, boolean spins) {}

  private static final List<Option> OPTIONS =
      List.of(
          new Option("virtual, carriers = cores", Tasks.EACH, CPUS, Monitor.NONE, true),
          new Option("virtual, cpus + cores", Tasks.EACH, 2 * CPUS, Monitor.NONE, true),
          new Option(
              "the same, monitor without nudges",
              Tasks.EACH,
              2 * CPUS,
              Monitor.WITHOUT_NUDGES,
              true),
          new Option("the same, monitor", Tasks.EACH, 2 * CPUS, Monitor.FULL, true),
          new Option(
              "the same, a thread runs many tasks", Tasks.DRAINING, 2 * CPUS, Monitor.FULL, true),
          new Option("platform pool, rest virtual", Tasks.PLATFORM, CPUS, Monitor.FULL, true),
          new Option("virtual, 8 carriers", Tasks.EACH, 8, Monitor.NONE, false),
          new Option("virtual, 64 carriers", Tasks.EACH, 64, Monitor.NONE, false));

  private final Option option;
  private final CpuLedger ledger;
  private volatile boolean spinning;

  private UserCodeThreads(Option option) {
    this.option = option;
    Executor threads =
        option.tasks() == Tasks.PLATFORM
            ? Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory())
            : Thread::startVirtualThread;
    ledger = new CpuLedger(CPUS, threads, option.tasks() != Tasks.EACH);
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 2 && arguments[0].equals("child")) {
      var experiment = new UserCodeThreads(OPTIONS.get(Integer.parseInt(arguments[1])));
      experiment.run();
      System.exit(0);
    }
    int runs = arguments.length == 0 ? 3 : Integer.parseInt(arguments[0]);
    List<String> words = Arrays.stream(arguments).skip(1).toList();
    var table = new Repeated(UserCodeThreads.class, runs);
    for (int i = 0; i < OPTIONS.size(); i++) {
      String name = OPTIONS.get(i).name();
      if (words.isEmpty() || words.stream().anyMatch(name::contains)) {
        table.option(name, "child", Integer.toString(i));
      }
    }
    System.out.println(table.table());
  }

  private void run() throws Exception {
    CarrierMonitor.SCHEDULER.setParallelism(option.carriers());
    flood(2);
    Repeated.report("flood k/s", flood(3) / 1e3);
    sync(20_000);
    sync(20_000).report("sync", "µs", 1e3, 0);
    if (option.monitor() == Monitor.FULL) {
      idle();
    }
    parents();
    Repeated.report("parents ms", parents() / 1e6);
    if (option.spins()) {
      spin("starved", 0);
      spin("+2", 2);
      spin("+8", 8);
    }
  }

  /// No-ops per second.
  private double flood(int seconds) throws InterruptedException {
    var window = new Semaphore(IN_FLIGHT);
    long begin = System.nanoTime();
    long end = begin + SECONDS.toNanos(seconds);
    long done = 0;
    for (; System.nanoTime() < end; done++) {
      window.acquire();
      ledger.submit(window::release);
    }
    window.acquire(IN_FLIGHT);
    return done * 1e9 / (System.nanoTime() - begin);
  }

  private Latencies sync(int count) {
    var latencies = new Latencies(count);
    for (int i = 0; i < count; i++) {
      var value = new CompletableFuture<Integer>();
      int event = latencies.begin();
      ledger.submit(() -> value.complete(event));
      latencies.end(value.join());
    }
    return latencies;
  }

  /// Nanoseconds until all parents have had the value of their child.
  private long parents() {
    long begin = System.nanoTime();
    List<CompletableFuture<Integer>> all = new ArrayList<>();
    for (int i = 0; i < PARENTS; i++) {
      int number = i;
      var result = new CompletableFuture<Integer>();
      all.add(result);
      ledger.submit(
          () -> {
            var child = new CompletableFuture<Integer>();
            ledger.submit(() -> child.complete(number));
            result.complete(ledger.await(child));
          });
    }
    all.forEach(CompletableFuture::join);
    return System.nanoTime() - begin;
  }

  /// With every cpu taken by a task that spins and these further actors spinning: how long others'
  /// no-ops take, one every 5 ms. The moment in which the spinners begin is part of it.
  private void spin(String figure, int spinningActors) throws InterruptedException {
    CarrierMonitor.SCHEDULER.setParallelism(option.carriers());
    try (CarrierMonitor monitor = monitor()) {
      List<BusyActor> actors = new ArrayList<>();
      for (int i = 0; i < spinningActors + 4; i++) {
        var actor = new BusyActor();
        actors.add(actor);
        if (monitor != null) {
          monitor.watch(actor);
        }
      }
      spinning = true;
      var ended = new Semaphore(0);
      for (int i = 0; i < CPUS; i++) {
        ledger.submit(() -> spinUntilTold(ended));
      }
      for (int i = 0; i < spinningActors; i++) {
        actors.get(i).call(() -> spinUntilTold(ended));
      }
      var latencies = new Latencies(PINGS);
      long next = System.nanoTime();
      for (int i = 0; i < PINGS; i++) {
        next += PING_EVERY;
        LockSupport.parkNanos(next - System.nanoTime());
        int event = latencies.begin();
        actors.get(spinningActors + i % 4).call(() -> latencies.end(event));
      }
      latencies.report(figure, "ms", 1e6, 0);
      latencies.report(figure + " after 1 s", "ms", 1e6, PINGS / 3);
      int carriers = CarrierMonitor.SCHEDULER.getParallelism();
      spinning = false;
      ended.acquire(CPUS + spinningActors);
      if (monitor != null && spinningActors > 0) {
        Repeated.report(figure + " carriers", carriers);
        Repeated.report(figure + " raises", monitor.raises());
        Repeated.report(figure + " named", monitor.mostSpinners());
        Repeated.report(figure + " lowered after ms", lowered() / 1e6);
      }
    }
  }

  private @Nullable CarrierMonitor monitor() {
    return option.monitor() == Monitor.NONE
        ? null
        : CarrierMonitor.start(option.monitor() == Monitor.FULL);
  }

  private void spinUntilTold(Semaphore ended) {
    while (spinning) {
      // No pause hint: this is what a user's computation looks like to the scheduler.
    }
    ended.release();
  }

  /// Nanoseconds until the carriers are as many as at the start.
  private long lowered() {
    long begin = System.nanoTime();
    while (CarrierMonitor.SCHEDULER.getParallelism() > option.carriers()) {
      LockSupport.parkNanos(MILLISECONDS.toNanos(1));
    }
    return System.nanoTime() - begin;
  }

  /// Reports the processor time that the monitor takes while nothing else runs: all of this process
  /// with it less all without it.
  private static void idle() throws InterruptedException {
    SECONDS.sleep(3);
    double without = processorMillisPerSecond();
    try (var _ = CarrierMonitor.start(true)) {
      Repeated.report("idle monitor, cpu ms/s", processorMillisPerSecond() - without);
    }
  }

  private static double processorMillisPerSecond() throws InterruptedException {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = system.getProcessCpuTime();
    SECONDS.sleep(5);
    return (system.getProcessCpuTime() - before) / 5e6;
  }
}
