package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;
import static io.manta.benchmarks.Reporter.each;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.benchmarks.BenchCase.Warm;
import io.manta.core.ObjectRef;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/// How soon an actor that declares no cpu answers while others spin: a task on every cpu, and in
/// the second case as many actors that declare none on top.
///
/// A call is made every 5 ms, whether or not those before it were answered, and its latency counts
/// from when it was due if making the one before it took longer. So one long pause shows as what it
/// does to all calls that fall into it.
final class StarvationCases {
  private static final String SUITE = "starvation";
  private static final int SPINNERS = TestBed.CPUS;
  private static final long INTERVAL_NANOS = 5_000_000;

  /// Long enough for the runtime to see that something spins, and to say so.
  private static final double LEAST_SECONDS = 2;

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private StarvationCases() {}

  /// When something spun, by its node's clock.
  record Spin(long beganMillis, long endedMillis) {}

  /// An actor that holds a cpu without having declared one.
  static final class Spinner extends RemoteActor {
    Spin spin(double seconds) {
      return StarvationCases.spin(seconds);
    }
  }

  /// An actor that declares nothing and wants to be heard.
  static final class Bystander extends RemoteActor {
    private int calls;

    int call() {
      return ++calls;
    }
  }

  static List<BenchCase> all() {
    return List.of(
        new Warm(
            SUITE,
            List.of("starvation_tasks_p99_ms", "starvation_tasks_p50_ms"),
            (bed, reporter) -> measure("starvation_tasks", bed, reporter, List.of())),
        new Warm(
            SUITE,
            List.of("starvation_actors_p99_ms", "starvation_actors_p50_ms"),
            StarvationCases::withActors));
  }

  private static void withActors(TestBed bed, Reporter reporter) throws Exception {
    var names = new ArrayList<String>();
    var spinners = new ArrayList<ActorHandle<Spinner>>();
    for (int i = 1; i <= SPINNERS; i++) {
      String name = "bench-spinner-" + i;
      names.add(name);
      spinners.add(bed.manta().actor(Spinner::new).cpus(0).named(name).create());
    }
    measure("starvation_actors", bed, reporter, spinners);
    spinners.forEach(ActorHandle::kill);
    String log = Files.readString(bed.log());
    for (String name : names) {
      check(log.contains(name), "a warning names the actor " + name + ", which spins");
    }
  }

  private static void measure(
      String name, TestBed bed, Reporter reporter, List<ActorHandle<Spinner>> spinners)
      throws Exception {
    Manta manta = bed.manta();
    ActorHandle<Bystander> bystander = manta.actor(Bystander::new).cpus(0).create();
    Settings settings = reporter.settings();
    double seconds = Math.max(LEAST_SECONDS, settings.seconds());
    int calls = callEvery5Millis(bystander, settings.warmupSeconds(), 0).count();
    var runs = new ArrayList<Latencies>();
    for (int i = 0; i < settings.repetitions(); i++) {
      long began = System.currentTimeMillis();
      List<ObjectRef<Spin>> spins = startSpinning(manta, spinners, seconds);
      Latencies run = callEvery5Millis(bystander, seconds, calls);
      calls += run.count();
      runs.add(run);
      for (Spin spin : manta.get(spins, LIMIT)) {
        check(
            spin.beganMillis() < began + seconds * 1000 / 2,
            "all spinners are at it for more than half of a repetition of %.1f s; one began after %d ms"
                .formatted(seconds, spin.beganMillis() - began));
      }
    }
    bystander.kill();
    checkNobodyWasGivenUp(bed);
    reporter.lower(name + "_p50_ms", each(runs, run -> run.percentileMillis(50)), "ms");
    reporter.lower(name + "_p99_ms", each(runs, run -> run.percentileMillis(99)), "ms");
  }

  /// Where the node is another process: the two have not taken each other for dead.
  private static void checkNobodyWasGivenUp(TestBed bed) throws IOException {
    if (bed.worker().isEmpty()) {
      return;
    }
    String worker = bed.worker().get().id();
    check(
        bed.manta().nodes().stream().anyMatch(node -> node.id().toString().equals(worker)),
        "the node that spins is one of the cluster still");
    check(
        Files.readAllLines(bed.log()).stream()
            .noneMatch(line -> line.contains(bed.manta().id() + " is gone")),
        "the node that spins does not take its driver for dead");
  }

  private static List<ObjectRef<Spin>> startSpinning(
      Manta manta, List<ActorHandle<Spinner>> spinners, double seconds) {
    var spins = new ArrayList<ObjectRef<Spin>>();
    for (int i = 0; i < SPINNERS; i++) {
      spins.add(manta.submit(() -> spin(seconds)));
    }
    for (var spinner : spinners) {
      spins.add(spinner.call(actor -> actor.spin(seconds)));
    }
    return spins;
  }

  private static Spin spin(double seconds) {
    long began = System.currentTimeMillis();
    long start = System.nanoTime();
    while (System.nanoTime() - start < seconds * 1e9) {
      // Holds its thread: no pause, no yield.
    }
    return new Spin(began, System.currentTimeMillis());
  }

  /// A call that waits for its answer.
  private record Pending(ObjectRef<Integer> answer, int expected, long fromNanos) {}

  static Latencies callEvery5Millis(
      ActorHandle<Bystander> bystander, double seconds, int callsBefore) throws Exception {
    var pending = new LinkedBlockingQueue<Optional<Pending>>();
    try (var reader = Executors.newSingleThreadExecutor()) {
      Future<Latencies> latencies = reader.submit(() -> awaitAnswers(pending));
      int calls = callsBefore;
      long start = System.nanoTime();
      long due = start;
      long made = start;
      try {
        while (due - start < seconds * 1e9) {
          while (System.nanoTime() < due) {
            LockSupport.parkNanos(due - System.nanoTime());
          }
          long from = made > due ? due : System.nanoTime();
          calls++;
          pending.add(Optional.of(new Pending(bystander.call(Bystander::call), calls, from)));
          made = System.nanoTime();
          due += INTERVAL_NANOS;
        }
      } finally {
        pending.add(Optional.empty()); // the reader ends, whatever was thrown
      }
      return latencies.get();
    }
  }

  /// Answers come in the order of the calls.
  private static Latencies awaitAnswers(BlockingQueue<Optional<Pending>> queue)
      throws InterruptedException {
    var latencies = new Latencies.Recorder();
    for (var next = queue.take(); next.isPresent(); next = queue.take()) {
      Pending call = next.get();
      int answer = call.answer().get(LIMIT);
      latencies.add(System.nanoTime() - call.fromNanos());
      check(answer == call.expected(), "call " + call.expected() + " is not answered " + answer);
    }
    return latencies.sorted();
  }
}
