package io.manta.scheduler.simulation;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.LeaseRouter;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/// Plays a cluster: drivers with work, routers that see what nodes had free a while ago, nodes that
/// grant leases. What decides is what decides in a cluster of processes ([Placement],
/// [io.manta.scheduler.AdmissionQueue], [io.manta.scheduler.Ledger]); time passes only from one
/// event to the next, so an hour takes seconds, and the same seed gives the same run.
///
/// Not for use by several threads.
public final class Simulation {
  /// How long a message takes, as on a network of one site: 0.2 to 1 ms.
  private static final long LEAST_DELAY = Duration.ofNanos(200_000).toNanos();

  private static final long MOST_DELAY = Duration.ofMillis(1).toNanos();

  /// Then all leases are back.
  private static final long WIND_DOWN = Duration.ofSeconds(10).toNanos();

  private record Event(long at, long number, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(at, other.at);
      return byTime != 0 ? byTime : Long.compare(number, other.number);
    }
  }

  private final Random random;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<SimulatedNode> nodes = new ArrayList<>();
  private final List<SimulatedDriver> drivers = new ArrayList<>();
  private final Map<Shape, LeaseRouter> routers = new HashMap<>();
  private final SimulationStats stats = new SimulationStats();
  private long now;
  private long scheduled;
  private long lastId;

  public Simulation(long seed) {
    random = new Random(seed);
  }

  /// Adds so many nodes that offer the same.
  public Simulation nodes(int count, Resources each) {
    for (int i = 0; i < count; i++) {
      nodes.add(new SimulatedNode(this, new NodeId(++lastId), each));
    }
    return this;
  }

  /// Adds a driver, which is a job.
  public SimulatedDriver driver() {
    var driver = new SimulatedDriver(this, new NodeId(++lastId));
    drivers.add(driver);
    return driver;
  }

  /// Plays until nothing is left to do, or for so long.
  ///
  /// @return what happened
  public SimulationReport run(Duration most) {
    long end = now + most.toNanos();
    while (!isOver() && isNextBy(end)) {
      next();
    }
    long over = now;
    while (isOver() && isNextBy(over + WIND_DOWN)) {
      next();
    }
    return stats.report(over, nodes, drivers);
  }

  private boolean isNextBy(long end) {
    return !events.isEmpty() && events.peek().at <= end;
  }

  private void next() {
    Event next = events.poll();
    now = next.at;
    next.action.run();
  }

  private boolean isOver() {
    return drivers.stream().allMatch(SimulatedDriver::isDone);
  }

  // What the parts see

  long now() {
    return now;
  }

  SimulationStats stats() {
    return stats;
  }

  private SimulatedNode node(NodeId id) {
    return nodes.get((int) id.value() - 1);
  }

  SimulatedDriver driver(NodeId id) {
    return drivers.stream().filter(driver -> driver.id().equals(id)).findFirst().orElseThrow();
  }

  void at(long time, Runnable action) {
    events.add(new Event(Math.max(time, now), ++scheduled, action));
  }

  void after(Duration delay, Runnable action) {
    at(now + delay.toNanos(), action);
  }

  /// A message arrives.
  void send(Runnable arrives) {
    at(now + delay(), arrives);
  }

  private long delay() {
    return random.nextLong(LEAST_DELAY, MOST_DELAY);
  }

  /// A router, somewhere, is asked for leases: it tells nodes what it thinks they have.
  void ask(LeaseRequest request) {
    stats.asked();
    send(
        () ->
            routers
                .computeIfAbsent(request.shape(), missing -> new LeaseRouter())
                .route(request, views())
                .forEach(share -> reserve(request, share)));
  }

  private void reserve(LeaseRequest request, Placement.Share share) {
    SimulatedNode node = node(share.node());
    int free = Math.min(share.count(), slotsFree(request.shape(), node.seen()));
    send(() -> node.reserve(request, share.count(), free));
  }

  private static int slotsFree(Shape shape, NodeView view) {
    int slots = 0;
    Resources left = view.available();
    while (slots < 1000 && left.cover(shape.resources())) {
      left = left.minus(shape.resources());
      slots++;
    }
    return slots;
  }

  private Collection<NodeView> views() {
    return nodes.stream().map(SimulatedNode::seen).toList();
  }

  /// What the status interval of so many nodes is.
  Duration statusInterval() {
    return LeaseTimes.statusInterval(nodes.size());
  }
}
