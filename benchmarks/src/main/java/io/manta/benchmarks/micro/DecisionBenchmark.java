package io.manta.benchmarks.micro;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What one decision of the scheduler takes: `bin/manta java org.openjdk.jmh.Main Decision`.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DecisionBenchmark {
  private static final JobId JOB = new JobId(new NodeId(1));

  @Param({"10", "100", "1000"})
  private int nodes = 10;

  /// Of the nodes, how many have room for the work.
  @Param({"half", "none"})
  private String free = "half";

  private final Shape shape =
      Shape.of(JOB, Resources.cpus(2).with(Resources.MEMORY, 4e9).with(Resources.GPU, 0.5));
  private final List<NodeView> views = new ArrayList<>();

  @Setup(Level.Trial)
  public void fill() {
    var random = new Random(1);
    Resources total = Resources.cpus(16).with(Resources.MEMORY, 64e9).with(Resources.GPU, 4);
    for (int id = 1; id <= nodes; id++) {
      boolean room = free.equals("half") && random.nextBoolean();
      Resources available = total.with(Resources.CPU, room ? 2 + random.nextInt(14) : 1);
      views.add(new NodeView(new NodeId(id), total, available));
    }
  }

  /// The node for one task.
  @Benchmark
  public Optional<NodeId> choose() {
    return Placement.choose(shape, views, Optional.empty());
  }

  /// The nodes of which one slot is asked: where there is room, or where to wait for it.
  @Benchmark
  public List<Placement.Share> claimOne() {
    return Placement.claims(shape, new NodeId(1), views, 1, 1_000_000);
  }

  /// As [#claimOne], for a hundred slots.
  @Benchmark
  public List<Placement.Share> claimHundred() {
    return Placement.claims(shape, new NodeId(1), views, 100, 1_000_000);
  }
}
