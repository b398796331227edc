package io.manta.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/// Times work: repeats it for the length of a repetition, and that for each repetition, after a
/// warm-up.
record Measure(Settings settings) {
  private static final double NANOS = 1e9;
  private static final double SETTLED_BYTES = 64 << 10;

  /// One round of work; answers how many items that was. It checks its own results.
  @FunctionalInterface
  interface Round {
    int run() throws Exception;
  }

  /// Items per second, once per repetition.
  double[] rates(Round round) throws Exception {
    repeat(round, settings.warmupSeconds());
    double[] found = new double[settings.repetitions()];
    for (int i = 0; i < found.length; i++) {
      found[i] = repeat(round, settings.seconds());
    }
    return found;
  }

  /// Of two kinds of work in turns, [Settings#PAIRS] times in each repetition, each after what the
  /// other left was collected.
  ///
  /// @return for each kind its items per second, once per turn
  List<double[]> ratesInTurns(Round first, Round second) throws Exception {
    repeat(first, settings.warmupSeconds());
    repeat(second, settings.warmupSeconds());
    int turns = settings.repetitions() * Settings.PAIRS;
    var firsts = new double[turns];
    var seconds = new double[turns];
    for (int turn = 0; turn < turns; turn++) {
      settledHeap();
      firsts[turn] = repeat(first, settings.seconds());
      settledHeap();
      seconds[turn] = repeat(second, settings.seconds());
    }
    return List.of(firsts, seconds);
  }

  /// The bytes of this process's heap that are left when collecting frees no more: what was let go
  /// takes several turns, because a ref's cleaner lets go of its value only after the first.
  static double settledHeap() {
    double used = Double.MAX_VALUE;
    double before;
    do {
      before = used;
      System.gc();
      Launcher.pause(0.1);
      used = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    } while (used < before - SETTLED_BYTES);
    return used;
  }

  private static double repeat(Round round, double seconds) throws Exception {
    long items = 0;
    long start = System.nanoTime();
    long taken;
    do {
      items += round.run();
      taken = System.nanoTime() - start;
    } while (taken < seconds * NANOS);
    return items * NANOS / taken;
  }

  /// Calls made one after another, once per repetition.
  ///
  /// @param many as many calls at a time as there may be. Half of the warm-up goes to them, since
  ///   calls one at a time are too few for the JVMs to compile in seconds what they run through
  List<Latencies> latencies(Round many, Round call) throws Exception {
    repeat(many, settings.warmupSeconds() / 2);
    latencies(call, settings.warmupSeconds() / 2);
    var found = new ArrayList<Latencies>();
    for (int i = 0; i < settings.repetitions(); i++) {
      found.add(latencies(call, settings.seconds()));
    }
    return found;
  }

  private static Latencies latencies(Round call, double seconds) throws Exception {
    var samples = new Latencies.Recorder();
    long start = System.nanoTime();
    long before = start;
    do {
      call.run();
      long after = System.nanoTime();
      samples.add(after - before);
      before = after;
    } while (before - start < seconds * NANOS);
    return samples.sorted();
  }
}
