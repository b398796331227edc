package io.manta.testkit.graphs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.core.GetTimeoutException;
import io.manta.core.MantaException;
import io.manta.core.NodeInfo;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectUsage;
import io.manta.testkit.graphs.RandomGraph.Outcome;
import io.manta.testkit.graphs.RandomGraph.PlannedException;
import io.manta.testkit.graphs.Work.Hidden;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.awaitility.core.ThrowingRunnable;

/// Submits a graph, reads what came of each step, and looks at what is left behind.
final class GraphRun implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration LATE = Duration.ofMillis(100);
  private static final Duration COLLECTED = Duration.ofSeconds(5);
  private static final int PARTS = 3;

  private final Manta manta;
  private final RandomGraph graph;
  private final Runnable kill;
  private final long deadline = System.nanoTime() + LIMIT.toNanos();
  private final ActorHandle<Adder> mortal;
  private final ActorHandle<Adder> immortal;
  private final List<ObjectRef<Piece>> refs = new ArrayList<>();
  private String phase = "submitting";
  private int untilKill;

  /// @param kill ends a node
  GraphRun(Manta manta, RandomGraph graph, Runnable kill) {
    this.manta = manta;
    this.graph = graph;
    this.kill = kill;
    this.untilKill = graph.killAfter();
    this.mortal = manta.actor(Adder::new).create();
    this.immortal = manta.actor(Adder::new).maxRestarts(5).callRetries(5).create();
  }

  /// @throws AssertionError naming seed, phase and state
  void run() {
    try {
      submit();
      read();
    } catch (AssertionError e) {
      throw new AssertionError(
          "seed %d, %s: %s%n%s".formatted(graph.seed(), phase, e.getMessage(), state()), e);
    }
  }

  private void submit() {
    for (Step step : graph.steps()) {
      refs.add(submitted(step, step.inputs().stream().map(refs::get).toList()));
      killWhenDue();
      cancelDue();
    }
  }

  private void killWhenDue() {
    if (untilKill-- == 0) {
      kill.run();
    }
  }

  private void cancelDue() {
    for (int i = 0; i < refs.size(); i++) {
      if (graph.cancelledAfter().get(i) == refs.size()) {
        refs.get(i).cancel();
      }
    }
  }

  private ObjectRef<Piece> submitted(Step step, List<ObjectRef<Piece>> inputs) {
    return switch (step.kind()) {
      case PUT -> manta.put(Work.add(step, inputs));
      case TASK -> manta.submit(() -> Work.add(step, inputs));
      case BORROWING -> {
        var hidden = new Hidden(inputs);
        yield manta.submit(() -> Work.add(step, hidden.inputs()));
      }
      case NESTED -> manta.submit(() -> Work.nest(step, inputs));
      case STREAM -> manta.submit(() -> Work.consume(step, inputs));
      case SPLIT -> {
        int each = step.amount();
        List<ObjectRef<Integer>> parts =
            manta.split(PARTS, () -> List.of(each, each, each)).submit();
        yield manta.submit(() -> Work.join(step, inputs, parts));
      }
      case RETRIED_CALL -> immortal.call(adder -> adder.add(step, inputs));
      case CALL -> mortal.call(adder -> adder.add(step, inputs));
      case MAP -> inputs.getFirst().map(piece -> Work.add(step, inputs));
      case THEN -> inputs.getFirst().then(piece -> manta.submit(() -> Work.add(step, inputs)));
      case RETRIED ->
          manta
              .task(() -> Work.failFirst(step, inputs))
              .retries(10)
              .retryOn(PlannedException.class)
              .backoff(Duration.ofMillis(1), Duration.ofMillis(5))
              .submit();
      case FAILING -> manta.submit(() -> Work.fail(step, inputs));
      case LATE -> manta.task(() -> Work.neverEnd(step, inputs)).timeout(LATE).submit();
    };
  }

  private void read() {
    phase = "reading results";
    for (Step step : graph.steps()) {
      killWhenDue();
      check(step, graph.outcomes().get(step.number()));
    }
  }

  private void check(Step step, Outcome expected) {
    long sum;
    try {
      sum = refs.get(step.number()).get(left()).intact();
    } catch (GetTimeoutException e) {
      throw new AssertionError(step + " hangs: " + e.getMessage(), e);
    } catch (MantaException e) {
      if (!isExpected(e, expected.failures())) {
        throw new AssertionError(
            "%s, of which was expected %s, failed".formatted(step, expected), e);
      }
      return;
    }
    assertThat(expected.sum()).as("%s has the value %d", step, sum).hasValue(sum);
  }

  private static boolean isExpected(
      MantaException failure, Set<Class<? extends Throwable>> expected) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return expected.contains(root.getClass());
  }

  private Duration left() {
    return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
  }

  /// To be called when all results were read: no resource is taken any more.
  void shouldGiveResourcesBack() {
    phase = "giving back";
    mortal.kill();
    immortal.kill();
    refs.forEach(ObjectRef::close);
    refs.clear();
    eventually(() -> assertThat(manta.availableResources()).isEqualTo(manta.clusterResources()));
  }

  /// Then, now that the refs are closed, no process keeps an object for another.
  void shouldLetGoOfObjects() {
    phase = "letting go of objects";
    eventually(
        () -> {
          collectGarbage(); // finds the refs that nobody closed
          assertThat(manta.objectUsage()).isEqualTo(ObjectUsage.NONE);
          assertThat(manta.nodes())
              .allSatisfy(node -> assertThat(node.objects()).isEqualTo(ObjectUsage.NONE));
        });
  }

  private void collectGarbage() {
    System.gc();
    for (NodeInfo node : manta.nodes()) {
      var collected = manta.task(System::gc).cpus(0).onNode(node.id()).submit();
      if (manta.await(List.of(collected), 1, COLLECTED).ready().isEmpty()) {
        collected.cancel(); // the node was killed, which is not known yet
      }
    }
  }

  private void eventually(ThrowingRunnable assertion) {
    await()
        .alias("seed " + graph.seed() + ", " + phase)
        .atMost(left())
        .pollInterval(Duration.ofMillis(250))
        .untilAsserted(assertion);
  }

  /// What is there and what is missing, for people.
  private String state() {
    var text = new StringBuilder();
    text.append("free: %s of %s%n".formatted(manta.availableResources(), manta.clusterResources()));
    for (int i = 0; i < refs.size(); i++) {
      ObjectRef<Piece> ref = refs.get(i);
      Step step = graph.steps().get(i);
      manta
          .explain(ref)
          .ifPresent(why -> text.append("%s, %s: %s%n".formatted(ref.id(), step, why)));
    }
    return text.toString();
  }

  @Override
  public void close() {
    refs.forEach(ObjectRef::cancel);
    mortal.kill();
    immortal.kill();
  }
}
