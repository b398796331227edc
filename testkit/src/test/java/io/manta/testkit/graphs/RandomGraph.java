package io.manta.testkit.graphs;

import io.manta.core.ActorDiedException;
import io.manta.core.ObjectLostException;
import io.manta.core.TaskCancelledException;
import io.manta.core.TaskTimeoutException;
import io.manta.testkit.graphs.Step.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;

/// Steps that follow from a seed, what each may come to, and which are cancelled when.
///
/// @param cancelledAfter by step: after how many submitted steps it is cancelled; never when larger
///   than their number
/// @param killAfter how many steps are submitted, and then results read, before a node is killed
record RandomGraph(
    long seed,
    List<Step> steps,
    List<Outcome> outcomes,
    List<Integer> cancelledAfter,
    int killAfter) {
  private static final int MIB = 1 << 20;

  /// Values of so many bytes travel with what refers to them; larger ones may lie on a node that
  /// dies.
  private static final int SURELY_SMALL = 90 * 1024;

  private static final Kind[] KINDS = Kind.values();

  /// What a step fails with on purpose.
  static final class PlannedException extends Exception {
    PlannedException(String message) {
      super(message);
    }
  }

  /// What a step may come to.
  ///
  /// @param sum of its value; empty when it can have none
  /// @param failures what may be at the root of its failure
  record Outcome(OptionalLong sum, Set<Class<? extends Throwable>> failures) {}

  /// @param killing whether a node dies meanwhile
  static RandomGraph of(long seed, boolean killing) {
    var random = new Random(seed);
    int count = 20 + random.nextInt(40);
    var steps = new ArrayList<Step>();
    var outcomes = new ArrayList<Outcome>();
    var cancelledAfter = new ArrayList<Integer>();
    for (int i = 0; i < count; i++) {
      Step step = step(i, random);
      boolean cancelled = random.nextInt(12) == 0;
      cancelledAfter.add(cancelled ? i + 1 + random.nextInt(5) : Integer.MAX_VALUE);
      steps.add(step);
      outcomes.add(outcome(step, outcomes, cancelled, killing));
    }
    return new RandomGraph(seed, steps, outcomes, cancelledAfter, random.nextInt(2 * count));
  }

  private static Step step(int number, Random random) {
    Kind kind = KINDS[random.nextInt(KINDS.length)];
    if ((kind == Kind.FAILING || kind == Kind.LATE) && random.nextInt(3) > 0) {
      kind = Kind.TASK; // else most steps would have a failed input
    }
    var inputs = new ArrayList<Integer>();
    if (number > 0 && kind != Kind.PUT) {
      boolean needed = kind == Kind.MAP || kind == Kind.THEN;
      int wanted = needed ? 1 : random.nextInt(10) == 0 ? random.nextInt(8) : random.nextInt(3);
      for (int i = 0; i < wanted; i++) {
        inputs.add(random.nextInt(number));
      }
    } else if (number == 0) {
      kind = Kind.PUT;
    }
    return new Step(number, kind, List.copyOf(inputs), bytes(random), 1 + random.nextInt(6));
  }

  private static int bytes(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> random.nextInt(MIB);
      case 1, 2 -> random.nextInt(MIB / 4);
      default -> random.nextInt(64);
    };
  }

  private static Outcome outcome(
      Step step, List<Outcome> earlier, boolean cancelled, boolean killing) {
    var failures = new HashSet<Class<? extends Throwable>>();
    var sums = new ArrayList<Long>();
    boolean possible = step.kind() != Kind.FAILING && step.kind() != Kind.LATE;
    for (int input : step.inputs()) {
      Outcome known = earlier.get(input);
      failures.addAll(known.failures);
      known.sum.ifPresent(sums::add);
      possible &= known.sum.isPresent();
    }
    if (cancelled) {
      failures.add(TaskCancelledException.class);
    }
    switch (step.kind()) {
      case FAILING -> failures.add(PlannedException.class);
      case LATE -> failures.add(TaskTimeoutException.class);
      case CALL -> {
        if (killing) {
          failures.add(ActorDiedException.class);
        }
      }
      case PUT, TASK, BORROWING, NESTED, STREAM, SPLIT, RETRIED_CALL, MAP, THEN, RETRIED -> {}
    }
    boolean called = step.kind() == Kind.CALL || step.kind() == Kind.RETRIED_CALL;
    if (killing && called && step.bytes() > SURELY_SMALL) {
      failures.add(ObjectLostException.class); // what a call gave is not made again
    }
    return new Outcome(
        possible ? OptionalLong.of(step.sum(sums, step.more())) : OptionalLong.empty(),
        Set.copyOf(failures));
  }
}
