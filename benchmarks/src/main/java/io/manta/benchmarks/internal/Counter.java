package io.manta.benchmarks.internal;

/// The state of a Pekko actor that does nothing, and counts how often.
public final class Counter {
  static final int ANSWER = 7;

  private int calls;

  int noOp() {
    calls++;
    return ANSWER;
  }

  int calls() {
    return calls;
  }
}
