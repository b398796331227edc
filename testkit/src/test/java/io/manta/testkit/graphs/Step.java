package io.manta.testkit.graphs;

import java.util.List;

/// One task, call or value of a graph.
///
/// @param inputs numbers of the earlier steps whose values it adds up
/// @param bytes how large its value is
/// @param amount how wide or long its work is, by its kind
record Step(int number, Kind kind, List<Integer> inputs, int bytes, int amount) {
  static final int DEPTH = 2;

  enum Kind {
    /// A put value, from nothing.
    PUT,
    /// A task that depends on its inputs.
    TASK,
    /// A task that was given its inputs inside a value, and waits for each itself.
    BORROWING,
    /// A task with children and grandchildren.
    NESTED,
    /// A task that consumes the values of a generator.
    STREAM,
    /// A task with several results, and one that adds them up.
    SPLIT,
    /// A call on an actor that comes back when it dies, and is called again.
    RETRIED_CALL,
    /// A call on an actor that dies with its node.
    CALL,
    /// A step on a ref that makes no task.
    MAP,
    /// A step on a ref that submits a task.
    THEN,
    /// A task whose first attempt throws.
    RETRIED,
    /// A task that throws.
    FAILING,
    /// A task that takes longer than it may.
    LATE
  }

  /// What its value is.
  ///
  /// @param more what its own children, generator or parts gave
  long sum(List<Long> inputSums, long more) {
    long sum = number + more;
    for (long input : inputSums) {
      sum += 31 * input;
    }
    return sum;
  }

  /// What its children, generator or parts are to give.
  long more() {
    return switch (kind) {
      case NESTED -> (long) Math.pow(amount, DEPTH);
      case STREAM -> (long) amount * (amount - 1) / 2;
      case SPLIT -> 3L * amount;
      case PUT, TASK, BORROWING, RETRIED_CALL, CALL, MAP, THEN, RETRIED, FAILING, LATE -> 0;
    };
  }

  @Override
  public String toString() {
    return "step " + number + " (" + kind + " of " + inputs + ", " + bytes + " bytes)";
  }
}
