package io.manta.benchmarks;

import java.util.ArrayList;
import java.util.List;

/// Times work: repeats it for the length of a repetition, and that for each repetition, after a
/// warm-up.
record Measure(Settings settings) {
  private static final double NANOS = 1e9;

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

  /// Of several kinds of work in turns, so many times in each repetition.
  ///
  /// @return for each kind its items per second, once per turn
  List<double[]> ratesInTurns(int turns, Round... rounds) throws Exception {
    var found = new ArrayList<double[]>();
    for (Round round : rounds) {
      repeat(round, settings.warmupSeconds());
      found.add(new double[settings.repetitions() * turns]);
    }
    for (int turn = 0; turn < settings.repetitions() * turns; turn++) {
      for (int i = 0; i < rounds.length; i++) {
        found.get(i)[turn] = repeat(rounds[i], settings.seconds());
      }
    }
    return found;
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
