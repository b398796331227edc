package io.manta.scheduler;

import io.manta.core.Bundle;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// On which nodes the bundles of a placement group go, all of them or none, as pure functions of
/// the nodes' views. Nodes that leave are left out, and those that are short of memory as long as
/// others could hold the bundles.
///
/// Bundles are placed from the largest to the smallest. To pack, a node that takes the most of what
/// is left comes first, and of equal ones the fullest; to spread, the node with the fewest bundles
/// of the group, and of equal ones the least used. Where that leaves a bundle over, other
/// combinations are tried, up to a limit. Bundles that must be on different nodes are matched with
/// nodes by augmenting paths (Kuhn), which finds a way where there is one.
public final class BundlePlacement {
  /// How many steps are taken to try combinations, and with how many bundles at most.
  private static final int STEPS = 10_000;

  private static final int SEARCHED = 500;

  /// Whose bundles they are makes no difference here.
  private static final JobId NO_JOB = new JobId(new NodeId(0));

  private BundlePlacement() {}

  /// A node with what is left on it.
  private static final class Room {
    private final NodeView view;
    private Resources left;
    private int bundles;

    Room(NodeView view, int bundles) {
      this.view = view;
      this.left = view.available().plain();
      this.bundles = bundles;
    }

    boolean holds(Bundle bundle) {
      return left.cover(bundle.resources()) && bundle.labels().matches(view.labels());
    }

    void take(Bundle bundle) {
      left = left.minus(bundle.resources());
      bundles++;
    }

    void giveBack(Bundle bundle) {
      left = left.plus(bundle.resources());
      bundles--;
    }

    double usedAfter(Resources asked) {
      return view.total().used(left, asked);
    }

    NodeId id() {
      return view.id();
    }
  }

  /// A node for each bundle, empty when there is no way now.
  ///
  /// @param bundles to be placed, by index
  /// @param placed where the other bundles of the group are
  public static Optional<Map<Integer, NodeId>> place(
      PlacementGroup.Strategy strategy,
      Map<Integer, Bundle> bundles,
      Map<Integer, NodeId> placed,
      Collection<NodeView> nodes) {
    List<NodeView> staying =
        nodes.stream().filter(node -> !node.leaving() && !node.cordoned()).toList();
    List<NodeView> calm = staying.stream().filter(node -> node.shortage().isEmpty()).toList();
    Optional<Map<Integer, NodeId>> found = choose(strategy, bundles, placed, calm);
    boolean others =
        found.isEmpty()
            && calm.size() < staying.size()
            && choose(strategy, bundles, placed, empty(calm)).isEmpty();
    return others ? choose(strategy, bundles, placed, staying) : found;
  }

  /// Whether there would be a way if nothing was in use.
  public static boolean feasible(
      PlacementGroup.Strategy strategy,
      Map<Integer, Bundle> bundles,
      Map<Integer, NodeId> placed,
      Collection<NodeView> nodes) {
    return choose(strategy, bundles, placed, empty(nodes)).isPresent();
  }

  private static List<NodeView> empty(Collection<NodeView> nodes) {
    return nodes.stream().map(node -> node.withAvailable(node.total())).toList();
  }

  private static Optional<Map<Integer, NodeId>> choose(
      PlacementGroup.Strategy strategy,
      Map<Integer, Bundle> bundles,
      Map<Integer, NodeId> placed,
      Collection<NodeView> nodes) {
    List<Integer> order = largestFirst(bundles, nodes);
    List<Room> rooms = rooms(nodes, placed);
    Map<Integer, NodeId> chosen =
        switch (strategy) {
          case STRICT_PACK -> together(bundles, placed, rooms);
          case STRICT_SPREAD -> apart(bundles, order, placed, rooms);
          case PACK -> packed(bundles, order, rooms);
          case SPREAD -> spread(bundles, order, rooms);
        };
    boolean strict =
        strategy == PlacementGroup.Strategy.STRICT_PACK
            || strategy == PlacementGroup.Strategy.STRICT_SPREAD;
    return Optional.ofNullable(
        chosen == null && !strict && order.size() <= SEARCHED
            ? search(bundles, order, rooms(nodes, placed))
            : chosen);
  }

  private static List<Room> rooms(Collection<NodeView> nodes, Map<Integer, NodeId> placed) {
    var counts = new HashMap<NodeId, Integer>();
    placed.values().forEach(node -> counts.merge(node, 1, Integer::sum));
    return nodes.stream()
        .sorted(Comparator.comparingLong(node -> node.id().value()))
        .map(node -> new Room(node, counts.getOrDefault(node.id(), 0)))
        .toList();
  }

  /// By the largest share that they take of the node that has most of it.
  private static List<Integer> largestFirst(
      Map<Integer, Bundle> bundles, Collection<NodeView> nodes) {
    if (bundles.size() < 2) {
      return List.copyOf(bundles.keySet());
    }
    var most = new HashMap<String, Long>();
    nodes.forEach(
        node ->
            node.total().toUnits().forEach((name, amount) -> most.merge(name, amount, Math::max)));
    var shares = new HashMap<Integer, Double>();
    bundles.forEach((index, bundle) -> shares.put(index, share(bundle.resources(), most)));
    return bundles.keySet().stream()
        .sorted(
            Comparator.comparingDouble((Integer index) -> -shares.getOrDefault(index, 0.0))
                .thenComparing(Comparator.naturalOrder()))
        .toList();
  }

  private static double share(Resources asked, Map<String, Long> most) {
    double share = 0;
    for (var amount : asked.toUnits().entrySet()) {
      share = Math.max(share, amount.getValue() / (double) most.getOrDefault(amount.getKey(), 1L));
    }
    return share;
  }

  private static @Nullable Map<Integer, NodeId> together(
      Map<Integer, Bundle> bundles, Map<Integer, NodeId> placed, List<Room> rooms) {
    Resources all = sum(bundles.values());
    Set<NodeId> only = Set.copyOf(placed.values());
    return rooms.stream()
        .filter(room -> only.isEmpty() || only.contains(room.id()))
        .filter(room -> room.left.cover(all))
        .filter(
            room ->
                bundles.values().stream()
                    .allMatch(bundle -> bundle.labels().matches(room.view.labels())))
        .min(Comparator.comparingDouble(room -> -room.usedAfter(all)))
        .map(room -> all(bundles.keySet(), room.id()))
        .orElse(null);
  }

  private static Map<Integer, NodeId> all(Collection<Integer> indexes, NodeId node) {
    var chosen = new TreeMap<Integer, NodeId>();
    indexes.forEach(index -> chosen.put(index, node));
    return chosen;
  }

  private static Resources sum(Collection<Bundle> bundles) {
    return bundles.stream().map(Bundle::resources).reduce(Resources.NONE, Resources::plus);
  }

  /// A way to give each bundle a node that no other has.
  private static @Nullable Map<Integer, NodeId> apart(
      Map<Integer, Bundle> bundles,
      List<Integer> order,
      Map<Integer, NodeId> placed,
      List<Room> rooms) {
    List<Room> free = rooms.stream().filter(room -> !placed.containsValue(room.id())).toList();
    if (free.size() < bundles.size()) {
      return null;
    }
    var holders = new LinkedHashMap<Room, Integer>();
    for (int index : order) {
      if (!augment(bundles, index, free, holders, new HashSet<>())) {
        return null;
      }
    }
    var chosen = new TreeMap<Integer, NodeId>();
    holders.forEach((room, index) -> chosen.put(index, room.id()));
    return chosen;
  }

  /// Gives a bundle a node, for which others may have to take another one.
  private static boolean augment(
      Map<Integer, Bundle> bundles,
      int index,
      List<Room> rooms,
      Map<Room, Integer> holders,
      Set<Room> tried) {
    Bundle bundle = bundle(bundles, index);
    List<Room> able =
        rooms.stream()
            .filter(room -> room.holds(bundle))
            .sorted(
                Comparator.comparing((Room room) -> holders.containsKey(room))
                    .thenComparingDouble(room -> room.usedAfter(bundle.resources())))
            .toList();
    for (Room room : able) {
      if (tried.add(room)) {
        Integer other = holders.get(room);
        if (other == null || augment(bundles, other, rooms, holders, tried)) {
          holders.put(room, index);
          return true;
        }
      }
    }
    return false;
  }

  private static Bundle bundle(Map<Integer, Bundle> bundles, int index) {
    Bundle bundle = bundles.get(index);
    if (bundle == null) {
      throw new IllegalArgumentException("no bundle " + index + " among " + bundles.keySet());
    }
    return bundle;
  }

  private static @Nullable Map<Integer, NodeId> packed(
      Map<Integer, Bundle> bundles, List<Integer> order, List<Room> rooms) {
    var chosen = new TreeMap<Integer, NodeId>();
    List<Integer> rest = order;
    for (Room room : mostTakingFirst(bundles, order, rooms)) {
      List<Integer> taken = takes(bundles, rest, room);
      taken.forEach(index -> chosen.put(index, room.id()));
      rest = rest.stream().filter(index -> !chosen.containsKey(index)).toList();
      if (rest.isEmpty()) {
        return chosen;
      }
    }
    return rest.isEmpty() ? chosen : null;
  }

  /// A node that has some of the group already comes first, since it makes for no further node.
  private static List<Room> mostTakingFirst(
      Map<Integer, Bundle> bundles, List<Integer> order, List<Room> rooms) {
    if (rooms.size() < 2) {
      return rooms;
    }
    var counts = new HashMap<Room, Integer>();
    rooms.forEach(room -> counts.put(room, takes(bundles, order, room).size()));
    return rooms.stream()
        .sorted(
            Comparator.comparing((Room room) -> room.bundles == 0)
                .thenComparingInt(room -> -counts.getOrDefault(room, 0))
                .thenComparingDouble(room -> -fullness(room)))
        .toList();
  }

  /// What a node would take, one after the other.
  private static List<Integer> takes(Map<Integer, Bundle> bundles, List<Integer> rest, Room room) {
    var taken = new ArrayList<Integer>();
    Resources left = room.left;
    for (int index : rest) {
      Bundle bundle = bundle(bundles, index);
      if (left.cover(bundle.resources()) && bundle.labels().matches(room.view.labels())) {
        left = left.minus(bundle.resources());
        taken.add(index);
      }
    }
    return taken;
  }

  private static double fullness(Room room) {
    Resources all = room.view.total().plain();
    return Urgency.share(all.minus(room.left), all);
  }

  private static @Nullable Map<Integer, NodeId> spread(
      Map<Integer, Bundle> bundles, List<Integer> order, List<Room> rooms) {
    var chosen = new TreeMap<Integer, NodeId>();
    for (int index : order) {
      Bundle bundle = bundle(bundles, index);
      Optional<Room> room =
          rooms.stream()
              .filter(each -> each.holds(bundle))
              .min(
                  Comparator.comparingInt((Room each) -> each.bundles)
                      .thenComparingDouble(each -> each.usedAfter(bundle.resources())));
      if (room.isEmpty()) {
        return null;
      }
      room.get().take(bundle);
      chosen.put(index, room.get().id());
    }
    return chosen;
  }

  /// Any way at all, by going back from where a bundle finds no room.
  private static @Nullable Map<Integer, NodeId> search(
      Map<Integer, Bundle> bundles, List<Integer> order, List<Room> rooms) {
    var chosen = new TreeMap<Integer, NodeId>();
    return search(bundles, order, 0, rooms, chosen, new int[] {STEPS}) ? chosen : null;
  }

  private static boolean search(
      Map<Integer, Bundle> bundles,
      List<Integer> order,
      int next,
      List<Room> rooms,
      Map<Integer, NodeId> chosen,
      int[] steps) {
    if (next == order.size()) {
      return true;
    }
    Bundle bundle = bundle(bundles, order.get(next));
    for (Room room : rooms) {
      if (steps[0]-- <= 0) {
        return false;
      }
      if (room.holds(bundle)) {
        room.take(bundle);
        chosen.put(order.get(next), room.id());
        if (search(bundles, order, next + 1, rooms, chosen, steps)) {
          return true;
        }
        room.giveBack(bundle);
      }
    }
    return false;
  }

  /// Why a group waits, in words.
  public static String explain(
      PlacementGroup.Strategy strategy,
      Map<Integer, Bundle> bundles,
      Map<Integer, NodeId> placed,
      Collection<NodeView> nodes) {
    List<NodeView> staying = nodes.stream().filter(node -> !node.leaving()).toList();
    if (staying.isEmpty()) {
      return "the cluster has no node";
    }
    boolean feasible = feasible(strategy, bundles, placed, staying);
    List<NodeView> cordoned = staying.stream().filter(NodeView::cordoned).toList();
    List<NodeView> open = staying.stream().filter(node -> !node.cordoned()).toList();
    List<NodeView> views = feasible ? open : empty(staying);
    for (var bundle : bundles.entrySet()) {
      if (rooms(views, placed).stream().noneMatch(room -> room.holds(bundle.getValue()))) {
        return "bundle %d: %s"
            .formatted(bundle.getKey(), Placement.explain(shape(bundle.getValue()), staying));
      }
    }
    String busy =
        feasible
            ? "there is not enough free for all bundles together"
            : "no nodes can ever hold it";
    String why =
        switch (strategy) {
          case STRICT_PACK ->
              "%s: its bundles have to be on one node and ask together for %s"
                  .formatted(busy, sum(bundles.values()));
          case STRICT_SPREAD ->
              "%s: its %d bundles have to be on different nodes, of which there are %d"
                  .formatted(busy, bundles.size() + placed.size(), views.size());
          case PACK, SPREAD ->
              "%s: its bundles ask for %s, and %s is %s on %d node(s)"
                  .formatted(
                      busy,
                      sum(bundles.values()),
                      views.stream()
                          .map(view -> view.available().plain())
                          .reduce(Resources.NONE, Resources::plus),
                      feasible ? "free" : "all there is",
                      views.size());
        };
    return feasible && !cordoned.isEmpty()
        ? why
            + "; cordoned: "
            + cordoned.stream().map(node -> node.id().toString()).collect(Collectors.joining(", "))
        : why;
  }

  private static Shape shape(Bundle bundle) {
    return new Shape(
        NO_JOB, bundle.resources(), Scheduling.defaults().withRequired(bundle.labels()));
  }
}
