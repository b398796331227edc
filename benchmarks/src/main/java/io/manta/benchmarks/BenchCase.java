package io.manta.benchmarks;

import io.manta.benchmarks.internal.PekkoPeer;
import java.util.List;

/// One thing to measure.
sealed interface BenchCase {
  String suite();

  /// The results it reports; the first one names the case.
  List<String> names();

  /// Runs on a runtime that other cases use too, in the process of its mode.
  ///
  /// @param nodes how many nodes the cpus are divided among, where nodes are processes
  record Warm(String suite, List<String> names, int nodes, WarmBody body) implements BenchCase {
    /// With all cpus on one node.
    Warm(String suite, List<String> names, WarmBody body) {
      this(suite, names, 1, body);
    }
  }

  /// Runs on Pekko without Manta, in the process of its mode.
  record Raw(String suite, List<String> names, RawBody body) implements BenchCase {}

  /// Starts processes of its own while no other runtime is up.
  record Cold(String suite, List<String> names, ColdBody body) implements BenchCase {}

  @FunctionalInterface
  interface WarmBody {
    /// @throws SkippedException when something it needs is missing on this machine
    void run(TestBed bed, Reporter reporter) throws Exception;
  }

  @FunctionalInterface
  interface RawBody {
    void run(PekkoPeer peer, Reporter reporter) throws Exception;
  }

  @FunctionalInterface
  interface ColdBody {
    /// @throws SkippedException when something it needs is missing on this machine
    void run(Launcher launcher, Reporter reporter) throws Exception;
  }

  /// The case can't be measured on this machine.
  final class SkippedException extends Exception {
    private final String reason;

    SkippedException(String reason) {
      super(reason);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  /// Fails the case on a wrong result.
  static void check(boolean right, String expected) {
    if (!right) {
      throw new IllegalStateException("wrong result; expected: " + expected);
    }
  }
}
