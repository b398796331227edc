package io.manta.actors.internal;

import io.manta.core.Bundle;
import io.manta.core.GroupNames;
import io.manta.core.JobId;
import io.manta.core.LabelSelector;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupInfo.State;
import io.manta.core.ResourceDemand;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.scheduler.BundlePlacement;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The placement groups that this process places: those that it created, and detached ones that it
/// took over. All bundles that are to be placed are reserved first, on each node, and then placed;
/// where one node refuses, the others drop what they have reserved. A single node does both at
/// once.
///
/// A group for which no nodes have room waits at those that will, in one line with what else waits
/// there, and for one node after the other in the order of their ids: so two groups never wait for
/// what the other has reserved. What is reserved meanwhile is idle, so it waits for some seconds
/// only, then lets go for as long, and then waits twice as long as before.
final class OwnedGroups {
  private static final Logger LOG = LoggerFactory.getLogger(OwnedGroups.class);

  /// How soon it is looked again whether there is room; later where many wait, for each of which
  /// that takes time.
  private static final long AGAIN_MILLIS = 20;

  private final MantaRuntime runtime;
  private final PlacementGroups groups;
  private final ConcurrentHashMap<PlacementGroupId, OwnedGroup> owned = new ConcurrentHashMap<>();

  /// All that wait for room.
  private final Set<OwnedGroup> pending = ConcurrentHashMap.newKeySet();

  private final AtomicBoolean again = new AtomicBoolean();

  OwnedGroups(MantaRuntime runtime, PlacementGroups groups) {
    this.runtime = runtime;
    this.groups = groups;
  }

  boolean contains(PlacementGroupId id) {
    return owned.containsKey(id);
  }

  @Nullable OwnedGroup get(PlacementGroupId id) {
    return owned.get(id);
  }

  List<PlacementGroupInfo> infos() {
    return owned.values().stream().map(this::info).toList();
  }

  /// The bundles that wait for room, those of groups too that have their turn at nodes.
  List<ResourceDemand> demand() {
    return owned.values().stream().flatMap(this::demand).toList();
  }

  private Stream<ResourceDemand> demand(OwnedGroup group) {
    Map<Integer, Bundle> waiting;
    Set<NodeId> nodes;
    synchronized (group) {
      boolean waits =
          !group.removed && group.named && runtime.quotas().whyWaiting(group.asked()).isEmpty();
      waiting = waits ? group.unreserved() : Map.of();
      nodes = Set.copyOf(group.nodes.values());
    }
    List<Bundle> bundles = List.copyOf(waiting.values());
    Duration waited = Pending.since(group.queuedNanos);
    boolean apart = group.options.strategy() == PlacementGroup.Strategy.STRICT_SPREAD;
    if (group.options.strategy() == PlacementGroup.Strategy.STRICT_PACK && !bundles.isEmpty()) {
      bundles = List.of(together(bundles));
    }
    return bundles.stream()
        .collect(Collectors.groupingBy(bundle -> bundle, Collectors.counting()))
        .entrySet()
        .stream()
        .map(
            same ->
                new ResourceDemand(
                    same.getKey().resources(),
                    Scheduling.defaults().withRequired(same.getKey().labels()),
                    Math.toIntExact(same.getValue()),
                    waited,
                    runtime.id(),
                    apart ? Optional.of(group.id) : Optional.empty(),
                    apart ? nodes : Set.of()));
  }

  /// What they ask of one node.
  private static Bundle together(List<Bundle> bundles) {
    Resources all = bundles.stream().map(Bundle::resources).reduce(Resources.NONE, Resources::plus);
    var labels = bundles.stream().flatMap(bundle -> bundle.labels().requirements().stream());
    return new Bundle(all, new LabelSelector(labels.distinct().toList()));
  }

  /// For how long it has existed.
  Duration waited(PlacementGroupId id) {
    OwnedGroup group = owned.get(id);
    return group == null ? Duration.ZERO : Pending.since(group.queuedNanos);
  }

  private PlacementGroupInfo info(OwnedGroup group) {
    boolean placed;
    synchronized (group) {
      placed = group.state == State.CREATED;
    }
    return group.info(runtime.id(), placed ? Optional.empty() : Optional.of(why(group)));
  }

  void add(OwnedGroup group) {
    owned.put(group.id, group);
    groups.detached().created(group, () -> begin(group)); // first: else nobody could remove it
  }

  private void begin(OwnedGroup group) {
    Optional<String> name = group.options.name();
    if (name.isEmpty()) {
      synchronized (group) {
        group.named = true;
      }
      place(group);
    } else {
      claim(group, name.get());
    }
  }

  private void claim(OwnedGroup group, String name) {
    runtime
        .cluster()
        .claimName(PlacementGroups.qualified(name), PlacementGroups.holder(group.id))
        .whenComplete(
            (holder, failure) -> {
              if (failure != null) {
                remove(group, group.what() + " could not claim its name: " + failure.getMessage());
              } else if (holder.equals(PlacementGroups.holder(group.id))) {
                boolean removed;
                synchronized (group) {
                  group.named = true;
                  removed = group.removed;
                }
                if (removed) {
                  releaseName(group); // it was not its own yet when that was done
                } else {
                  place(group);
                }
              } else {
                remove(
                    group,
                    "placement group %s was not created: the name '%s' is taken by %s; use another, or find it by manta.findPlacementGroup(...)"
                        .formatted(
                            group.id,
                            name,
                            PlacementGroups.group(holder)
                                .map(PlacementGroupId::toString)
                                .orElse(holder.toString())));
              }
            });
  }

  /// Looks for nodes for the bundles that are on none.
  void place(OwnedGroup group) {
    OwnedGroup.Attempt attempt;
    synchronized (group) {
      if (group.removed || !group.named || group.attempt != null) {
        return;
      }
      Map<Integer, Bundle> missing = group.missing();
      if (missing.isEmpty()) {
        pending.remove(group);
        return;
      }
      boolean limited = !group.quota.isEmpty();
      if (limited && (isToWaitForOthers(group) || runtime.quotas().isKeptFrom(group.asked()))) {
        waits(group);
        return;
      }
      Optional<Map<Integer, NodeId>> chosen = choose(group, missing);
      Optional<Message.BundleTurn> turn = Optional.empty();
      if (chosen.isEmpty() || (limited && runtime.quotas().whyWaiting(group.asked()).isPresent())) {
        turn = group.turn(System.nanoTime());
        chosen =
            turn.isPresent() ? chosen.or(() -> chooseToWait(group, missing)) : Optional.empty();
      } else if (limited) {
        turn = Optional.of(group.turnForQuota(System.nanoTime()));
      }
      if (chosen.isEmpty()) {
        waits(group);
        return;
      }
      pending.remove(group);
      group.infeasibleSince = null;
      attempt = OwnedGroup.Attempt.at(++group.attempts, byNode(chosen.get(), missing), turn);
      group.attempt = attempt;
    }
    if (attempt.turn.isPresent()) {
      prepare(group, attempt, attempt.parts.firstKey());
    } else {
      attempt.parts.keySet().forEach(node -> prepare(group, attempt, node));
    }
  }

  /// Of a job with a quota one group is placed after the other, so that no two wait for what the
  /// other has reserved of it. Those of two processes, or that begin at once, may, until their turn
  /// is over.
  private boolean isToWaitForOthers(OwnedGroup group) {
    return owned.values().stream()
        .anyMatch(other -> other != group && other.job.equals(group.job) && other.attempt != null);
  }

  private void prepare(OwnedGroup group, OwnedGroup.Attempt attempt, NodeId node) {
    Map<Integer, Bundle> part = attempt.parts.getOrDefault(node, Map.of());
    boolean single = attempt.parts.size() == 1;
    send(
        group,
        node,
        new Message.PrepareBundles(
            group.names, attempt.number, single, resources(part), attempt.turn(System.nanoTime())));
  }

  /// Not among those that have refused since: their views do not tell why. Under its lock.
  private Optional<Map<Integer, NodeId>> choose(OwnedGroup group, Map<Integer, Bundle> missing) {
    List<NodeView> willing =
        runtime.nodeViews().stream().filter(node -> !group.refused.contains(node.id())).toList();
    Optional<Map<Integer, NodeId>> chosen =
        BundlePlacement.place(group.options.strategy(), missing, group.nodes, willing);
    if (chosen.isEmpty()) {
      group.refused.clear();
    }
    return chosen;
  }

  /// Where there will be room once all that ends by itself has ended. Under its lock.
  private Optional<Map<Integer, NodeId>> chooseToWait(
      OwnedGroup group, Map<Integer, Bundle> missing) {
    List<NodeView> emptied = runtime.nodeViews().stream().map(NodeView::emptied).toList();
    return BundlePlacement.place(group.options.strategy(), missing, group.nodes, emptied);
  }

  private static NavigableMap<NodeId, Map<Integer, Bundle>> byNode(
      Map<Integer, NodeId> chosen, Map<Integer, Bundle> bundles) {
    var parts = new TreeMap<NodeId, Map<Integer, Bundle>>(Comparator.comparingLong(NodeId::value));
    chosen.forEach(
        (index, node) -> {
          Bundle bundle = bundles.get(index);
          if (bundle != null) {
            parts.computeIfAbsent(node, missing -> new TreeMap<>()).put(index, bundle);
          }
        });
    return parts;
  }

  private static Map<Integer, Resources> resources(Map<Integer, Bundle> part) {
    var resources = new TreeMap<Integer, Resources>();
    part.forEach((index, bundle) -> resources.put(index, bundle.resources()));
    return resources;
  }

  private void send(OwnedGroup group, NodeId node, Message message) {
    runtime.cluster().send(node, message);
    if (!runtime.cluster().isAlive(node)) {
      lost(group, node);
    }
  }

  /// It is placed when there is room. Under its lock.
  private void waits(OwnedGroup group) {
    if (!group.removed) {
      pending.add(group);
      lookAgain();
    }
  }

  private void lookAgain() {
    if (again.compareAndSet(false, true)) {
      runtime
          .timer()
          .later(
              Duration.ofMillis(AGAIN_MILLIS + 2L * pending.size()),
              () -> {
                again.set(false);
                placePending();
              });
    }
  }

  /// Tries again to place what waits.
  void placePending() {
    pending.forEach(this::place);
  }

  /// A node has reserved what it was asked for, or placed it, or refuses.
  void answered(NodeId node, Message.BundlesAnswer message) {
    OwnedGroup group = owned.get(message.group());
    if (group == null) {
      if (message.done() && groups.isRemoved(message.group())) {
        // it may have been told of the removal before it was asked
        var names = new GroupNames(message.group(), message.group().toString());
        runtime
            .cluster()
            .send(node, new Message.RemoveBundles(names, 0, message.group() + " was removed"));
      }
      return;
    }
    if (message.done()) {
      done(group, node, message.attempt());
    } else {
      failed(group, node, message.attempt());
    }
  }

  private void done(OwnedGroup group, NodeId node, int number) {
    OwnedGroup.Attempt attempt;
    boolean commits;
    NodeId next = null;
    synchronized (group) {
      attempt = group.attempt;
      if (attempt == null || attempt.number != number) {
        // It may have been told to drop that before it was asked.
        var drop = new Message.RemoveBundles(group.names, number, "the attempt is over");
        runtime.cluster().send(node, drop);
        return;
      }
      if (!attempt.awaited.remove(node)) {
        return;
      }
      commits = attempt.commits;
      if (attempt.awaited.isEmpty() && !commits) {
        attempt.commits = true;
        attempt.awaited.addAll(attempt.parts.keySet());
      } else if (!attempt.awaited.isEmpty()) {
        if (attempt.turn.isEmpty() || commits) {
          return;
        }
        next = attempt.parts.higherKey(node);
      }
    }
    if (next != null) {
      prepare(group, attempt, next);
    } else if (commits) {
      finish(group, attempt);
    } else {
      List.copyOf(attempt.parts.keySet())
          .forEach(
              other -> send(group, other, new Message.CommitBundles(group.id, attempt.number)));
    }
  }

  /// A node could not reserve its part, or has lost it before it was placed.
  private void failed(OwnedGroup group, NodeId node, int number) {
    OwnedGroup.Attempt attempt;
    boolean over;
    synchronized (group) {
      attempt = group.attempt;
      if (attempt == null || attempt.number != number || !attempt.parts.containsKey(node)) {
        return;
      }
      attempt.awaited.remove(node);
      attempt.lost.add(node);
      group.refused.add(node);
      over = attempt.commits && attempt.parts.size() > 1;
      if (!over) {
        group.attempt = null;
        waits(group);
      } else if (!attempt.awaited.isEmpty()) {
        return;
      }
    }
    if (over) {
      finish(group, attempt);
    } else {
      var drop = new Message.RemoveBundles(group.names, number, "another node has no room");
      attempt.parts.keySet().stream()
          .filter(other -> !other.equals(node))
          .forEach(other -> runtime.cluster().send(other, drop));
    }
  }

  /// All nodes have placed their part, but for those that lost it.
  private void finish(OwnedGroup group, OwnedGroup.Attempt attempt) {
    boolean complete;
    synchronized (group) {
      if (group.attempt != attempt) {
        return;
      }
      group.attempt = null;
      attempt.parts.forEach(
          (node, part) -> {
            if (!attempt.lost.contains(node)) {
              part.keySet().forEach(index -> group.nodes.put(index, node));
            }
          });
      complete = group.missing().isEmpty();
      if (complete) {
        group.state = State.CREATED;
        group.refused.clear();
      }
    }
    groups.detached().changed(group);
    if (complete) {
      tell(group);
    } else {
      place(group);
    }
  }

  /// Tells of it whoever wants to know.
  private void tell(OwnedGroup group) {
    Message.GroupTold told;
    List<NodeId> watchers;
    synchronized (group) {
      group.version++;
      told = told(group);
      watchers = List.copyOf(group.watchers);
    }
    groups.told(runtime.id(), told);
    watchers.forEach(watcher -> runtime.cluster().send(watcher, told));
  }

  private Message.GroupTold told(OwnedGroup group) {
    return new Message.GroupTold(
        group.id,
        group.version,
        Optional.of(group.state),
        Map.copyOf(group.nodes),
        group.state == State.CREATED ? "" : why(group),
        false);
  }

  private String why(OwnedGroup group) {
    Map<Integer, Bundle> missing;
    Map<Integer, NodeId> placed;
    Shape asked;
    synchronized (group) {
      if (!group.named) {
        return "its name is being claimed";
      }
      missing = group.missing();
      placed = Map.copyOf(group.nodes);
      asked = group.asked();
    }
    return missing.isEmpty()
        ? "it is about to be placed"
        : runtime
            .quotas()
            .whyWaiting(asked)
            .orElseGet(
                () ->
                    BundlePlacement.explain(
                        group.options.strategy(), missing, placed, runtime.nodeViews()));
  }

  /// Why a group of this process is not placed; empty when it is not of this process.
  Optional<String> whyPending(PlacementGroupId id) {
    return Optional.ofNullable(owned.get(id)).map(this::why);
  }

  void watched(NodeId watcher, PlacementGroupId id) {
    OwnedGroup group = owned.get(id);
    Message.GroupTold told;
    if (group == null) {
      if (groups.isPlacedElsewhere(id)) {
        return; // who asks will hear of that, and ask there
      }
      told = groups.removalOf(id);
    } else {
      synchronized (group) {
        group.watchers.add(watcher);
        told = told(group);
      }
    }
    runtime.cluster().send(watcher, told);
  }

  // Ends

  void remove(OwnedGroup group, String why) {
    remove(group, why, false);
  }

  private void remove(OwnedGroup group, String why, boolean infeasible) {
    Set<NodeId> touched;
    List<NodeId> watchers;
    synchronized (group) {
      if (group.removed) {
        return;
      }
      group.removed = true;
      pending.remove(group);
      touched = group.touched();
      watchers = List.copyOf(group.watchers);
    }
    owned.remove(group.id, group);
    var told = Message.GroupTold.removed(group.id, why, infeasible);
    groups.told(runtime.id(), told);
    var message = new Message.RemoveBundles(group.names, 0, why);
    touched.forEach(node -> runtime.cluster().send(node, message));
    watchers.forEach(watcher -> runtime.cluster().send(watcher, told));
    releaseName(group);
    groups.detached().removed(group.id);
    if (!pending.isEmpty()) {
      lookAgain();
    }
  }

  private void releaseName(OwnedGroup group) {
    if (group.options.name().isPresent()) {
      runtime
          .cluster()
          .releaseName(
              PlacementGroups.qualified(group.options.name().get()),
              PlacementGroups.holder(group.id));
    }
  }

  /// A job is over, since its process is gone.
  void jobEnded(JobId job) {
    for (OwnedGroup group : owned.values()) {
      if (group.job.equals(job) && !group.id.detached()) {
        remove(group, group.what() + " was removed, since " + job + " ended");
      }
    }
  }

  void nodeDied(NodeId node) {
    for (OwnedGroup group : owned.values()) {
      synchronized (group) {
        group.watchers.remove(node);
      }
      lost(group, node);
    }
    placePending();
  }

  /// What is on a node is not any more.
  private void lost(OwnedGroup group, NodeId node) {
    int attempt = 0;
    boolean asks = false;
    boolean lost;
    synchronized (group) {
      lost = group.nodes.values().removeIf(node::equals);
      OwnedGroup.Attempt trying = group.attempt;
      if (trying != null) {
        asks = trying.asks && trying.awaited.contains(node);
        attempt = trying.number;
      }
      if (lost) {
        group.state = State.RESCHEDULING;
      }
    }
    if (asks) {
      held(node, new Message.BundlesHeld(group.id, attempt, List.of(), false));
    } else {
      failed(group, node, attempt);
    }
    if (lost) {
      LOG.info("{} lost bundles with {}; they are placed again", group.what(), node);
      groups.detached().changed(group);
      tell(group);
      place(group);
    }
  }

  /// Gives up those that no nodes could ever have held for too long, unless they were placed
  /// before.
  void checkFeasible(long warnNanos, long failNanos) {
    Collection<NodeView> views = runtime.supply().andNodes();
    for (OwnedGroup group : pending) {
      long waited;
      boolean givesUp;
      synchronized (group) {
        givesUp = group.state == State.PENDING; // else it has run, and what is in it may still do
        if (group.removed || isFeasible(group, views)) {
          group.infeasibleSince = null;
          continue;
        }
        if (group.infeasibleSince == null) {
          group.warned = "";
          group.infeasibleSince = System.nanoTime();
        }
        waited = System.nanoTime() - group.infeasibleSince;
      }
      String why = why(group);
      if (givesUp && waited > failNanos) {
        remove(group, group.what() + " was given up: " + why, true);
      } else if (waited > warnNanos && !why.equals(group.warned)) {
        group.warned = why;
        LOG.warn(
            "{} is pending: {}; {}, unless a node comes that can",
            group.what(),
            why,
            givesUp
                ? "it is given up after %s (infeasible-timeout)"
                    .formatted(Durations.text(Duration.ofNanos(failNanos)))
                : "what is placed of it is kept, and the rest waits");
      }
    }
  }

  private static boolean isFeasible(OwnedGroup group, Collection<NodeView> views) {
    return BundlePlacement.feasible(group.options.strategy(), group.missing(), group.nodes, views);
  }

  void claimNamesAgain() {
    for (OwnedGroup group : owned.values()) {
      boolean named;
      synchronized (group) {
        named = group.named && !group.removed;
      }
      if (named && group.options.name().isPresent()) {
        runtime
            .cluster()
            .claimNameAgain(
                PlacementGroups.qualified(group.options.name().get()),
                PlacementGroups.holder(group.id));
      }
    }
  }

  // Detached groups

  /// A detached group whose director is gone is this process's from now on: it asks the nodes which
  /// bundles there are, since the director may have died while it placed some.
  ///
  /// @param had the nodes that are known to have some
  void adopt(OwnedGroup group, Collection<NodeId> had) {
    if (owned.putIfAbsent(group.id, group) != null) {
      return; // a death and a change of what is known may both come to it at once
    }
    LOG.info("{} places {} now, since who did is gone", runtime.id(), group.what());
    var nodes = new HashSet<>(had);
    runtime.nodeViews().forEach(view -> nodes.add(view.id()));
    OwnedGroup.Attempt asking;
    synchronized (group) {
      group.nodes.clear();
      asking = OwnedGroup.Attempt.asking(++group.attempts, nodes);
      group.attempt = asking;
    }
    groups.detached().changed(group);
    nodes.forEach(node -> send(group, node, new Message.AskBundles(group.id, asking.number)));
    if (!group.named) {
      begin(group); // whoever created it may not have come to that
    } else if (group.options.name().isPresent()) {
      runtime
          .cluster()
          .claimNameAgain(
              PlacementGroups.qualified(group.options.name().get()),
              PlacementGroups.holder(group.id));
    }
  }

  /// A node says which bundles it has.
  void held(NodeId node, Message.BundlesHeld message) {
    OwnedGroup group = owned.get(message.group());
    if (group == null) {
      return;
    }
    if (message.removed()) {
      remove(group, group.what() + " was removed");
      return;
    }
    boolean complete;
    synchronized (group) {
      OwnedGroup.Attempt asking = group.attempt;
      if (asking == null
          || !asking.asks
          || asking.number != message.attempt()
          || !asking.awaited.remove(node)) {
        return;
      }
      message.bundles().forEach(index -> group.nodes.put(index, node));
      if (!asking.awaited.isEmpty()) {
        return;
      }
      group.attempt = null;
      complete = group.missing().isEmpty();
      group.state = complete ? State.CREATED : State.RESCHEDULING;
    }
    groups.detached().changed(group);
    tell(group);
    if (!complete) {
      place(group);
    }
  }

  /// Another process places it from now on.
  void handOver(PlacementGroupId id) {
    OwnedGroup group = owned.remove(id);
    if (group == null) {
      return;
    }
    LOG.info("{} does not place {} any more", runtime.id(), group.what());
    synchronized (group) {
      group.removed = true; // for this process
      pending.remove(group);
    }
    groups.watchAgain(id);
  }
}
