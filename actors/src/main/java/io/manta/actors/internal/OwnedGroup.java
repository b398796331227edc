package io.manta.actors.internal;

import io.manta.core.Bundle;
import io.manta.core.GroupNames;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupInfo.State;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A placement group in the process that places it. Guarded by itself.
final class OwnedGroup {
  /// Until then it only looks for room: there may be some in a moment.
  private static final long NO_TURN_NANOS = Duration.ofMillis(20).toNanos();

  private static final long FIRST_TURN_NANOS = Duration.ofSeconds(2).toNanos();
  private static final long MOST_TURN_NANOS = Duration.ofMinutes(1).toNanos();

  /// An attempt to place the bundles that are on no node.
  static final class Attempt {
    final int number;

    /// What each node is asked for.
    final NavigableMap<NodeId, Map<Integer, Bundle>> parts;

    /// How it waits at the nodes, which are then asked one after the other.
    final Optional<Message.BundleTurn> turn;

    private final long begunNanos = System.nanoTime();

    /// Those that have not answered yet.
    final Set<NodeId> awaited;

    /// Whether all have reserved their part, and are to place it.
    boolean commits;

    /// Whether it only asks which bundles there are.
    final boolean asks;

    /// Those that lost their part while it was placed.
    final Set<NodeId> lost = new HashSet<>();

    private Attempt(
        int number,
        NavigableMap<NodeId, Map<Integer, Bundle>> parts,
        Collection<NodeId> asked,
        Optional<Message.BundleTurn> turn) {
      this.number = number;
      this.parts = parts;
      this.turn = turn;
      this.asks = parts.isEmpty();
      this.awaited = new HashSet<>(asked);
      this.commits = parts.size() == 1;
    }

    static Attempt at(
        int number,
        NavigableMap<NodeId, Map<Integer, Bundle>> parts,
        Optional<Message.BundleTurn> turn) {
      return new Attempt(number, parts, parts.keySet(), turn);
    }

    /// How it is to wait at the next node: all together have the time of one turn.
    Optional<Message.BundleTurn> turn(long now) {
      return turn.map(whole -> whole.after(now - begunNanos));
    }

    static Attempt asking(int number, Collection<NodeId> nodes) {
      return new Attempt(number, Collections.emptyNavigableMap(), nodes, Optional.empty());
    }
  }

  final PlacementGroupId id;
  final PlacementGroupOptions options;
  final JobId job;

  /// Of its job.
  final Resources quota;

  final GroupNames names;
  State state = State.PENDING;
  boolean removed;

  /// Whether its name, if it has one, is its own.
  boolean named;

  /// Where its bundles are; those that are on no node are left out.
  final Map<Integer, NodeId> nodes = new TreeMap<>();

  final long queuedNanos = System.nanoTime();

  /// When it begins to wait at nodes for its turn, and how long.
  private long turnNanos = queuedNanos + NO_TURN_NANOS;

  private long turnsNanos = FIRST_TURN_NANOS;

  /// Nodes that had no room since it was placed last, though it looked so.
  final Set<NodeId> refused = new HashSet<>();

  volatile @Nullable Attempt attempt;
  int attempts;

  /// How often others were told of it.
  long version;

  /// Other processes that want to be told of changes.
  final Set<NodeId> watchers = new HashSet<>();

  /// Since when no nodes could ever hold it.
  @Nullable Long infeasibleSince;

  /// What was warned of last; of the thread that checks only.
  String warned = "";

  OwnedGroup(PlacementGroupId id, PlacementGroupOptions options, JobId job, Resources quota) {
    this.id = id;
    this.options = options;
    this.job = job;
    this.quota = quota;
    this.names = GroupHandle.names(id, options);
  }

  /// How it is to wait at nodes now; empty when it is not. Under its lock.
  Optional<Message.BundleTurn> turn(long now) {
    if (now < turnNanos) {
      return Optional.empty();
    }
    var turn = new Message.BundleTurn(job, now - queuedNanos, turnsNanos, quota);
    turnNanos = now + 2 * turnsNanos;
    turnsNanos = Math.min(2 * turnsNanos, MOST_TURN_NANOS);
    return Optional.of(turn);
  }

  /// How it waits at nodes that have room for it: for the quota of its job, of which only its job's
  /// own process knows how much there is.
  Message.BundleTurn turnForQuota(long now) {
    return new Message.BundleTurn(job, now - queuedNanos, FIRST_TURN_NANOS, quota);
  }

  /// The bundles that are on no node. Under its lock.
  Map<Integer, Bundle> missing() {
    var missing = new TreeMap<Integer, Bundle>();
    List<Bundle> all = options.bundles();
    for (int i = 0; i < all.size(); i++) {
      if (!nodes.containsKey(i)) {
        missing.put(i, all.get(i));
      }
    }
    return missing;
  }

  /// What it still asks for, all together. Under its lock.
  Shape asked() {
    Resources all =
        unreserved().values().stream()
            .map(Bundle::resources)
            .reduce(Resources.NONE, Resources::plus);
    return new Shape(job, all, Scheduling.defaults(), quota);
  }

  /// The bundles that are on no node, and that none has reserved for now. Under its lock.
  Map<Integer, Bundle> unreserved() {
    Map<Integer, Bundle> rest = missing();
    Attempt trying = attempt;
    if (trying != null) {
      trying.parts.forEach(
          (node, part) -> {
            if (!trying.awaited.contains(node) && !trying.lost.contains(node)) {
              rest.keySet().removeAll(part.keySet());
            }
          });
    }
    return rest;
  }

  /// The nodes that have, or may have, something of it. Under its lock.
  Set<NodeId> touched() {
    var touched = new HashSet<>(nodes.values());
    Attempt trying = attempt;
    if (trying != null) {
      touched.addAll(trying.parts.keySet());
      touched.addAll(trying.awaited);
    }
    return touched;
  }

  synchronized PlacementGroupInfo info(NodeId director, Optional<String> pending) {
    return new PlacementGroupInfo(
        id,
        options.name(),
        options.strategy(),
        state,
        director,
        GroupHandle.placed(options, nodes),
        options.capturesChildren(),
        pending);
  }

  String what() {
    return "placement group " + names.label();
  }
}
