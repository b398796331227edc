package io.manta.scheduler.simulation;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.LeaseDemand;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.Ledger;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A driver: has work, asks for leases, sends work to where it holds one.
public final class SimulatedDriver {
  private static final class Held {
    private final List<SimulatedNode.Lease> leases = new ArrayList<>();

    /// Where work can be sent now.
    private final ArrayDeque<SimulatedNode.Lease> open = new ArrayDeque<>();

    private final LeaseDemand demand;
    private boolean ticks;

    Held(LeaseDemand demand) {
      this.demand = demand;
    }
  }

  private final Simulation simulation;
  private final NodeId id;
  private final AdmissionQueue<SimulatedTask> queue;
  private final Map<Shape, Held> shapes = new HashMap<>();
  private long submitted;
  private long done;
  private long longestWait;

  SimulatedDriver(Simulation simulation, NodeId id) {
    this.simulation = simulation;
    this.id = id;
    this.queue =
        new AdmissionQueue<>(
            id, Map::of, new Ledger(Resources.NONE), shape -> false, simulation::now);
  }

  NodeId id() {
    return id;
  }

  /// At a time, submits so many tasks alike.
  public SimulatedDriver submit(
      Duration at, int count, Resources resources, Scheduling scheduling, Duration each) {
    var shape = new Shape(new JobId(id), resources, scheduling);
    submitted += count;
    simulation.at(
        at.toNanos(),
        () -> {
          for (int i = 0; i < count; i++) {
            queue.submit(new SimulatedTask(shape, each, simulation.now()));
          }
          pump(shape);
        });
    return this;
  }

  /// As above, anywhere.
  public SimulatedDriver submit(Duration at, int count, Resources resources, Duration each) {
    return submit(at, count, resources, Scheduling.defaults(), each);
  }

  boolean isDone() {
    return done == submitted;
  }

  /// How many of its tasks ended.
  public long done() {
    return done;
  }

  long pending() {
    return submitted - done;
  }

  /// The part of all tasks that it submits which have ended, 0 to 1.
  public double progress() {
    return submitted == 0 ? 1 : (double) done / submitted;
  }

  /// How long a task waited at most from its submission to its start.
  public Duration longestWait() {
    return Duration.ofNanos(longestWait);
  }

  void started(SimulatedTask task) {
    longestWait = Math.max(longestWait, simulation.now() - task.queuedNanos());
  }

  private Held held(Shape shape) {
    return shapes.computeIfAbsent(shape, missing -> new Held(new LeaseDemand(id, shape)));
  }

  private void pump(Shape shape) {
    Held held = held(shape);
    SimulatedNode.Lease lease;
    while ((lease = held.open.peek()) != null) {
      SimulatedTask task = mayTake(lease) ? queue.poll(shape) : null;
      if (task != null) {
        send(task, lease);
      } else if (mayTake(lease)) {
        break; // nothing waits
      } else {
        held.open.poll();
      }
    }
    SimulatedTask head = queue.peek(shape);
    if (head != null && held.demand.isToAsk(simulation.now())) {
      long waited = simulation.now() - head.queuedNanos();
      simulation.ask(held.demand.ask(queue.waiting(shape), waited, simulation.now()));
    }
    tickLater(shape, held);
  }

  private void send(SimulatedTask task, SimulatedNode.Lease lease) {
    lease.underWay++;
    simulation.send(() -> lease.node().run(lease, task));
  }

  private static boolean mayTake(SimulatedNode.Lease lease) {
    return !lease.refused && lease.underWay < lease.slots();
  }

  private void tickLater(Shape shape, Held held) {
    if (!held.ticks && (!isDone() || !held.leases.isEmpty())) {
      held.ticks = true;
      simulation.after(
          LeaseTimes.ASK,
          () -> {
            held.ticks = false;
            tick(shape, held);
          });
    }
  }

  private void tick(Shape shape, Held held) {
    boolean waits = queue.waiting(shape) > 0;
    if (!waits) {
      held.demand.withdraw().ifPresent(simulation::ask);
      for (SimulatedNode.Lease lease : List.copyOf(held.leases)) {
        if (lease.underWay == 0) {
          giveBack(held, lease);
        }
      }
    }
    if (waits || !held.leases.isEmpty()) {
      pump(shape);
    }
  }

  void granted(SimulatedNode.Lease lease) {
    Held held = held(lease.shape());
    held.demand.granted(lease.slots(), queue.waiting(lease.shape()));
    held.leases.add(lease);
    held.open.add(lease);
    pump(lease.shape());
  }

  void done(SimulatedNode.Lease lease, SimulatedTask task) {
    done++;
    lease.underWay--;
    Held held = held(lease.shape());
    if (mayTake(lease)) {
      held.open.add(lease);
    }
    pump(lease.shape());
    if (lease.refused && lease.underWay == 0) {
      giveBack(held, lease);
    }
  }

  void recalled(SimulatedNode.Lease lease) {
    lease.refused = true;
    if (lease.underWay == 0) {
      giveBack(held(lease.shape()), lease);
    }
  }

  private void giveBack(Held held, SimulatedNode.Lease lease) {
    lease.refused = true;
    if (held.leases.remove(lease)) {
      simulation.send(() -> lease.node().returned(lease));
    }
  }
}
