package io.manta.benchmarks;

/// How long a case measures.
///
/// @param warmupSeconds before the first repetition
/// @param seconds of one repetition
/// @param httpWarmupSeconds as `warmupSeconds`, for requests over HTTP
/// @param httpSeconds as `seconds`, for requests over HTTP
/// @param coldRuns repetitions of cases that start processes; where there are several, one more
///   goes before them as warm-up
/// @param idleSeconds how long a process rests before its memory is looked at
/// @param divisor what sizes of large cases are divided by
record Settings(
    int repetitions,
    double warmupSeconds,
    double seconds,
    long httpWarmupSeconds,
    long httpSeconds,
    int coldRuns,
    double idleSeconds,
    int divisor) {
  static final int REPETITIONS = 3;
  static final double SECONDS = 2;

  /// So many pairs of what is compared in turns are measured in each repetition: one pair says
  /// little, for the machine changes within seconds.
  static final int PAIRS = 3;

  /// What one round of the largest case may take.
  private static final double LONGEST_ROUND_SECONDS = 20;

  /// A repetition over HTTP is that much longer than another one.
  private static final int HTTP_FACTOR = 4;

  Settings {
    if (repetitions < 1 || repetitions > 1000) {
      throw new IllegalArgumentException(
          "repetitions of " + repetitions + " are not between 1 and 1000");
    }
    if (!(seconds > 0 && seconds <= 600)) {
      throw new IllegalArgumentException("seconds of " + seconds + " are not above 0, at most 600");
    }
  }

  /// JVMs compile what runs often: each is given ten seconds for it, one after another, since
  /// together they have no more cpus than one has alone.
  static Settings full(int repetitions, double seconds) {
    return new Settings(
        repetitions,
        10,
        seconds,
        5,
        Math.max(1, Math.round(HTTP_FACTOR * seconds)),
        repetitions,
        5,
        1);
  }

  Settings warmingUp(int jvms) {
    return new Settings(
        repetitions,
        jvms * warmupSeconds,
        seconds,
        jvms * httpWarmupSeconds,
        httpSeconds,
        coldRuns,
        idleSeconds,
        divisor);
  }

  /// Just enough to see that every case works.
  static Settings smoke() {
    return new Settings(1, 0.1, 0.2, 1, 1, 1, 0.2, 100);
  }

  /// Of a large case.
  int size(int full) {
    return full / divisor;
  }

  /// A case that takes longer is stuck.
  long limitSeconds() {
    double longest = Math.max(Math.max(seconds, httpSeconds), LONGEST_ROUND_SECONDS / divisor);
    return 100 + Math.round(2 * (warmupSeconds + repetitions * PAIRS * longest));
  }
}
