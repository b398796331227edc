package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/// Where work goes, as pure functions of the nodes' views.
///
/// A node that the work prefers comes before one that it does not. Among equals the default is
/// hybrid, as in Ray: nodes fill up in a fixed order until half of what the work asks for is in use
/// on them; past that the least used node is taken. Spread work takes the least used from the
/// start. Of more than a hundred nodes with room, a hundred are compared, other ones for each
/// shape. Nodes that are short of memory are asked only for what no other could ever run.
public final class Placement {
  private static final double PACKED = 0.5;

  /// Of how many nodes with room the best is good enough; all others need not be looked at.
  private static final int ENOUGH = 100;

  /// After how long work that waits at a node may wait at another.
  private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

  /// How many nodes an explanation names at most.
  private static final int NAMED = 3;

  /// Of a number of slots of one shape, how many a node is to give.
  public record Share(NodeId node, int count) {}

  private Placement() {}

  /// The node for one piece of work, empty when none has the resources free now.
  ///
  /// @param preferred taken first among equals, usually the node that asks
  public static Optional<NodeId> choose(
      Shape shape, Collection<NodeView> nodes, Optional<NodeId> preferred) {
    Room best = null;
    for (NodeView node : withRoom(shape, nodes, 1)) {
      Room room = Room.of(shape, node, preferred.filter(node.id()::equals).isPresent() ? 0 : 1, 0);
      if (best == null || room.compareTo(best) < 0) {
        best = room;
      }
    }
    return Optional.ofNullable(best).map(room -> room.node.id());
  }

  /// The node for an actor, which often holds nothing while it lives: as [#choose], but among nodes
  /// that are equally used the one with the lowest load, so that actors spread. Those that are to
  /// spread go to the one with the lowest load, and among equals to the one that is used least.
  public static Optional<NodeId> chooseForActor(
      Shape shape, Collection<NodeView> nodes, ToLongFunction<NodeId> load) {
    boolean spreads = shape.scheduling().strategy() == Scheduling.Strategy.SPREAD;
    Comparator<Room> order = spreads ? Room.BY_LOAD : Comparator.naturalOrder();
    Room best = null;
    for (NodeView node : withRoom(shape, nodes, 1)) {
      Room room = Room.of(shape, node, load.applyAsLong(node.id()), 0);
      if (best == null || order.compare(room, best) < 0) {
        best = room;
      }
    }
    return Optional.ofNullable(best).map(room -> room.node.id());
  }

  /// A node with what is free on it, after so many slots were given: the one to take first is the
  /// lowest.
  ///
  /// @param load what tells nodes apart that are equally used
  private record Room(NodeView node, int rank, double use, long load, int given)
      implements Comparable<Room> {
    static final Comparator<Room> BY_LOAD =
        Comparator.comparingInt(Room::rank)
            .thenComparingLong(Room::load)
            .thenComparing(Comparator.naturalOrder());

    static Room of(Shape shape, NodeView node, long load, int given) {
      double least = shape.scheduling().strategy() == Scheduling.Strategy.SPREAD ? 0 : PACKED;
      double used = node.total().used(node.available(), shape.resources());
      int rank = shape.scheduling().isIndifferent() ? 0 : Placement.rank(shape, node);
      return new Room(node, rank, Math.max(least, used), load, given);
    }

    @Override
    public int compareTo(Room other) {
      int byRank = Integer.compare(rank, other.rank);
      if (byRank != 0) {
        return byRank;
      }
      int byUse = Double.compare(use, other.use);
      if (byUse != 0) {
        return byUse;
      }
      int byLoad = Long.compare(load, other.load);
      return byLoad != 0 ? byLoad : Long.compare(node.id().value(), other.node.id().value());
    }
  }

  /// Nodes that have room for a slot now. Of a large cluster not all are looked at, but as many as
  /// are enough to choose from, beginning at another one for each shape: routers that know little
  /// of each other do not send all to the same nodes.
  ///
  /// @param count of slots
  private static List<NodeView> withRoom(Shape shape, Collection<NodeView> nodes, int count) {
    List<NodeView> all = nodes instanceof List<NodeView> list ? list : List.copyOf(nodes);
    int enough = shape.scheduling().prefersSome() ? all.size() : Math.max(ENOUGH, count);
    int start = all.size() <= ENOUGH ? 0 : Math.floorMod(shape.hashCode(), all.size());
    var found = new ArrayList<NodeView>(Math.min(enough, all.size()));
    boolean isShort = false;
    for (int i = 0; i < all.size() && found.size() < enough; i++) {
      NodeView node = all.get(start + i < all.size() ? start + i : start + i - all.size());
      if (node.shortage().isPresent() || node.leaving()) {
        isShort = true;
      } else if (!node.cordoned()
          && node.available().cover(shape.resources())
          && allows(shape, node)) {
        found.add(node);
      }
    }
    if (!found.isEmpty() || !isShort) {
      return found;
    }
    return candidates(shape, all).stream()
        .filter(node -> node.available().cover(shape.resources()))
        .toList();
  }

  /// How much the work prefers a node: the lower, the more.
  public static int rank(Shape shape, NodeView node) {
    return shape.scheduling().rank(node.id(), node.labels());
  }

  /// Whether the work may run there, room or not.
  public static boolean allows(Shape shape, NodeView node) {
    return shape.scheduling().allows(node.id(), node.labels());
  }

  /// Whether no other node with room comes before that one.
  public static boolean isBest(Shape shape, NodeId here, Collection<NodeView> nodes) {
    return choose(shape, nodes, Optional.of(here)).map(here::equals).orElse(true);
  }

  /// Shares `count` slots of a shape among the nodes as if they were placed one after another.
  /// Fewer are given when fewer are free. Takes time in (nodes + count) log nodes.
  public static List<Share> divide(Shape shape, Collection<NodeView> nodes, int count) {
    var rooms = new PriorityQueue<Room>();
    for (NodeView node : withRoom(shape, nodes, count)) {
      rooms.add(Room.of(shape, node, 0, 0));
    }
    var given = new TreeMap<NodeId, Integer>(Comparator.comparingLong(NodeId::value));
    for (int i = 0; i < count && !rooms.isEmpty(); i++) {
      Room room = rooms.poll();
      given.put(room.node.id(), room.given + 1);
      Resources left = room.node.available().minus(shape.resources());
      if (left.cover(shape.resources())) {
        rooms.add(Room.of(shape, room.node.withAvailable(left), 0, room.given + 1));
      }
    }
    return given.entrySet().stream()
        .map(share -> new Share(share.getKey(), share.getValue()))
        .toList();
  }

  /// Of which nodes a process asks how many slots of a shape: first those that have them free, by
  /// [#divide]; the rest wait at nodes that can run it, spread over as many as there are slots.
  /// Which those are is the same from one time to the next, but changes each time that the work has
  /// waited twice as long: it may be that they are busy for hours.
  ///
  /// @param holder the process that asks
  /// @param slots 0 to tell all nodes that none are needed any more
  public static List<Share> claims(
      Shape shape, NodeId holder, Collection<NodeView> nodes, int slots, long waitedNanos) {
    if (slots == 0) {
      return candidates(shape, nodes).stream().map(node -> new Share(node.id(), 0)).toList();
    }
    List<Share> free = divide(shape, nodes, slots);
    int rest = slots - free.stream().mapToInt(Share::count).sum();
    if (rest == 0) {
      return free;
    }
    List<NodeView> able = candidates(shape, nodes);
    List<NodeView> emptied = able.stream().filter(node -> node.canFree(shape.resources())).toList();
    List<NodeId> waitingAt =
        someOf(rest, shape, holder, waitedNanos, emptied.isEmpty() ? able : emptied);
    var counts = new LinkedHashMap<NodeId, Integer>();
    free.forEach(share -> counts.put(share.node(), share.count()));
    for (int i = 0; i < Math.min(rest, waitingAt.size()); i++) {
      int more = rest / waitingAt.size() + (i < rest % waitingAt.size() ? 1 : 0);
      counts.merge(waitingAt.get(i), more, Integer::sum);
    }
    return counts.entrySet().stream()
        .map(count -> new Share(count.getKey(), count.getValue()))
        .toList();
  }

  /// At most so many of the nodes, by rendezvous hashing:
  /// https://en.wikipedia.org/wiki/Rendezvous_hashing
  private static List<NodeId> someOf(
      int count, Shape shape, NodeId holder, long waitedNanos, List<NodeView> nodes) {
    int doublings = Long.SIZE - Long.numberOfLeadingZeros(waitedNanos / PATIENCE_NANOS);
    long seed = holder.value() * 31 + shape.hashCode() + ((long) doublings << 32);
    var lowest = new PriorityQueue<Hashed>(Comparator.comparingLong((Hashed node) -> -node.hash));
    for (NodeView node : nodes) {
      lowest.add(new Hashed(node.id(), mixed(seed ^ node.id().value()) >>> 1));
      if (lowest.size() > count) {
        lowest.poll();
      }
    }
    return lowest.stream().map(Hashed::node).toList();
  }

  private record Hashed(NodeId node, long hash) {}

  /// The finalizer of SplitMix64: https://doi.org/10.1145/2660193.2660195
  private static long mixed(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /// Those that could ever run it and are to be asked.
  private static List<NodeView> candidates(Shape shape, Collection<NodeView> nodes) {
    List<NodeView> able = able(shape, nodes).stream().filter(node -> !node.cordoned()).toList();
    List<NodeView> calm =
        able.stream().filter(node -> node.shortage().isEmpty() && !node.leaving()).toList();
    return calm.isEmpty() ? able : calm;
  }

  private static List<NodeView> able(Shape shape, Collection<NodeView> nodes) {
    return allowed(shape, nodes).stream()
        .filter(node -> node.total().cover(shape.resources()))
        .toList();
  }

  private static List<NodeView> allowed(Shape shape, Collection<NodeView> nodes) {
    return nodes.stream().filter(node -> allows(shape, node)).toList();
  }

  /// Whether some node could ever run it.
  public static boolean feasible(Shape shape, Collection<NodeView> nodes) {
    return !able(shape, nodes).isEmpty();
  }

  /// Why work of a shape waits, in words: the closest node and what it lacks.
  public static String explain(Shape shape, Collection<NodeView> nodes) {
    List<NodeView> allowed = allowed(shape, nodes);
    if (allowed.isEmpty()) {
      return whyNoneIsAllowed(shape.scheduling(), nodes);
    }
    boolean feasible = feasible(shape, nodes);
    List<NodeView> candidates = candidates(shape, nodes);
    if (feasible && candidates.isEmpty()) {
      return "it asks for %s, and all nodes that could run it are cordoned: %s; uncordon one, or start another"
          .formatted(shape, cordoned(shape, nodes));
    }
    NodeView closest =
        (feasible ? candidates : allowed)
            .stream()
                .min(
                    Comparator.comparingDouble(
                        node ->
                            lack(shape.resources(), feasible ? node.available() : node.total())))
                .orElseThrow();
    return feasible
        ? "all nodes that could run it are busy: %s is closest and has %s free, it asks for %s%s"
            .formatted(
                closest.id(),
                missing(shape.resources(), closest.available()),
                shape,
                shortages(shape, nodes))
        : "no node can ever run it: it asks for %s, the closest is %s, which has %s"
            .formatted(shape, closest.id(), missing(shape.resources(), closest.total()));
  }

  private static String cordoned(Shape shape, Collection<NodeView> nodes) {
    return able(shape, nodes).stream()
        .filter(NodeView::cordoned)
        .sorted(Comparator.comparingLong(node -> node.id().value()))
        .limit(NAMED)
        .map(node -> node.id().toString())
        .collect(Collectors.joining(", "));
  }

  private static String whyNoneIsAllowed(Scheduling scheduling, Collection<NodeView> nodes) {
    if (nodes.isEmpty()) {
      return "the cluster has no node";
    }
    Optional<NodeId> only = scheduling.node();
    if (only.isPresent() && nodes.stream().noneMatch(node -> node.id().equals(only.get()))) {
      return "it asks for " + only.get() + ", which is not in the cluster";
    }
    return "no node can ever run it: it asks for one where %s, and %s"
        .formatted(
            scheduling.required(),
            nodes.stream()
                .filter(node -> only.isEmpty() || node.id().equals(only.get()))
                .sorted(Comparator.comparingLong(node -> node.id().value()))
                .limit(NAMED)
                .map(Placement::labelsOf)
                .collect(Collectors.joining(", ")));
  }

  private static String labelsOf(NodeView node) {
    return node.labels().isEmpty()
        ? node.id() + " has no labels"
        : node.id() + " has " + new TreeMap<>(node.labels());
  }

  private static String shortages(Shape shape, Collection<NodeView> nodes) {
    var text = new StringBuilder();
    for (NodeView node : able(shape, nodes)) {
      node.shortage()
          .ifPresent(
              why ->
                  text.append("; ")
                      .append(node.id())
                      .append(" starts at most one task at a time, since ")
                      .append(why));
    }
    String cordoned = cordoned(shape, nodes);
    if (!cordoned.isEmpty()) {
      text.append("; cordoned: ").append(cordoned);
    }
    return text.toString();
  }

  private static double lack(Resources asked, Resources has) {
    double lack = 0;
    for (String name : asked.names()) {
      lack += Math.max(0, 1 - (double) has.units(name) / asked.units(name));
    }
    return lack;
  }

  private static String missing(Resources asked, Resources has) {
    var lacking = new StringJoiner(" and ");
    for (String name : asked.names()) {
      if (has.units(name) < asked.units(name)) {
        lacking.add(
            has.units(name) <= 0
                ? "no " + name
                : "only " + Resources.describe(name, has.units(name)));
      }
    }
    if (lacking.length() > 0) {
      return lacking.toString();
    }
    return (asked.isBundled() ? has.only(asked) : has.plain()).toString();
  }
}
