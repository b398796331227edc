package io.manta.actors.internal;

import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.Bundle;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.InGroup;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.core.SlotId;
import io.manta.core.TaskOptions;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Placement groups as this process has to do with them: it places some, see [OwnedGroups], has
/// bundles of some, see [HostedBundles], and uses some, of which it is told by who places them.
final class PlacementGroups {

  /// How long a node keeps what is reserved and not placed.
  private static final Duration RESERVED = Duration.ofSeconds(10);

  private static final Duration ASK_AGAIN = Duration.ofMillis(500);
  private static final Duration HEARSAY = Duration.ofSeconds(5);
  private static final Duration TOLD_DEADLINE = Duration.ofSeconds(10);

  /// How many removals are remembered for those who ask later.
  private static final int REMOVALS = 1_000;

  private static final String NAMES = "//placement-group/";

  private final MantaRuntime runtime;
  private final OwnedGroups owned;
  private final HostedBundles hosted;
  private final DetachedGroups detached;
  private final ConcurrentHashMap<PlacementGroupId, KnownGroup> known = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final Map<PlacementGroupId, Message.GroupTold> removals = new Removals();
  private volatile @Nullable Placed last;

  /// Options as they were given, and as they are with the names of their group.
  private record Placed(TaskOptions given, TaskOptions inGroup) {}

  @SuppressWarnings("serial")
  private static final class Removals extends LinkedHashMap<PlacementGroupId, Message.GroupTold> {
    @Override
    protected boolean removeEldestEntry(Map.Entry<PlacementGroupId, Message.GroupTold> eldest) {
      return size() > REMOVALS;
    }
  }

  PlacementGroups(MantaRuntime runtime) {
    this.runtime = runtime;
    this.owned = new OwnedGroups(runtime, this);
    this.hosted = new HostedBundles(runtime, RESERVED);
    this.detached = new DetachedGroups(runtime, this);
  }

  OwnedGroups owned() {
    return owned;
  }

  HostedBundles hosted() {
    return hosted;
  }

  DetachedGroups detached() {
    return detached;
  }

  // Names, which are kept by the id of an actor

  static String qualified(String name) {
    return NAMES + name;
  }

  /// The group's name, if it is none of an actor.
  static Optional<String> unqualified(String name) {
    return name.startsWith(NAMES) ? Optional.of(name.substring(NAMES.length())) : Optional.empty();
  }

  static ActorId holder(PlacementGroupId id) {
    return new ActorId(new SlotId(id.owner(), -1), id.owner(), id.number());
  }

  /// The group that has a name, if it is none of an actor.
  static Optional<PlacementGroupId> group(ActorId holder) {
    return holder.slot().index() < 0
        ? Optional.of(new PlacementGroupId(holder.owner(), holder.number()))
        : Optional.empty();
  }

  // What users do

  PlacementGroup create(PlacementGroupOptions options) {
    runtime
        .quotas()
        .check(
            options.bundles().stream()
                .map(Bundle::resources)
                .reduce(Resources.NONE, Resources::plus),
            "a placement group");
    long number = numbers.incrementAndGet();
    var id = new PlacementGroupId(runtime.id(), options.detached() ? -number : number);
    known.put(id, new KnownGroup(id));
    owned.add(new OwnedGroup(id, options, runtime.currentJob(), Setting.current(runtime).quota()));
    return new GroupHandle(runtime, id, options);
  }

  void remove(PlacementGroupId id) {
    OwnedGroup group = owned.get(id);
    if (group != null) {
      owned.remove(group, group.what() + " was removed");
    } else if (removal(id) == null) {
      removeElsewhere(id);
    }
  }

  /// Until it is known to be removed.
  private void removeElsewhere(PlacementGroupId id) {
    if (known(id).removal() != null || runtime.isClosed()) {
      return;
    }
    runtime.cluster().send(director(id), new Message.RemoveGroup(id));
    runtime.timer().later(ASK_AGAIN, () -> removeElsewhere(id));
  }

  /// From another process.
  void removed(NodeId from, Message.RemoveGroup message) {
    OwnedGroup group = owned.get(message.group());
    if (group != null) {
      owned.remove(group, group.what() + " was removed by " + from);
    }
  }

  List<PlacementGroupInfo> list() {
    var all = new ArrayList<>(owned.infos());
    runtime.allActors().groups().forEach(all::addAll);
    return all;
  }

  Optional<PlacementGroup> find(String name) {
    return list().stream()
        .filter(group -> group.name().filter(name::equals).isPresent())
        .findFirst()
        .map(this::handle);
  }

  private PlacementGroup handle(PlacementGroupInfo info) {
    var options =
        new PlacementGroupOptions(
            info.bundles().stream().map(PlacementGroup.Placed::bundle).toList(),
            info.strategy(),
            info.name(),
            info.id().detached(),
            info.capturesChildren());
    return new GroupHandle(runtime, info.id(), options);
  }

  /// Where the bundles of a group are that are placed; waits until that was told.
  Map<Integer, NodeId> nodes(PlacementGroupId id, String what) {
    KnownGroup group = known(id);
    OwnedGroup own = owned.get(id);
    if (own != null) {
      synchronized (own) {
        return Map.copyOf(own.nodes);
      }
    }
    if (!Waits.await(group.told(), TOLD_DEADLINE.toNanos(), what)) {
      throw new ClusterUnavailableException(
          "%s: who places it, %s, did not answer within %s"
              .formatted(what, director(id), Durations.text(TOLD_DEADLINE)));
    }
    MantaException removal = group.removal();
    if (removal != null) {
      throw Failed.rethrown(removal);
    }
    return group.nodes();
  }

  // Work in groups

  /// The options of a task that is submitted on this thread: what it asks for has the names of its
  /// group.
  ///
  /// @throws io.manta.core.InfeasibleException when no bundle could ever hold it
  /// @throws io.manta.core.PlacementGroupRemovedException when it is removed
  TaskOptions placed(TaskOptions options) {
    Placed before = last;
    if (before != null && before.given == options) {
      use(options.scheduling().group().orElseThrow());
      return before.inGroup;
    }
    Scheduling scheduling = inherited(options.scheduling());
    if (scheduling.group().isEmpty()) {
      return options;
    }
    InGroup group = scheduling.group().get();
    use(group);
    TaskOptions inGroup =
        options.withScheduling(scheduling).withResources(group.asked(options.resources()));
    if (options.scheduling().group().isPresent()) {
      last = new Placed(options, inGroup);
    }
    return inGroup;
  }

  /// The same for an actor; the group is still to be taken out, by [#named].
  ActorOptions placed(ActorOptions options) {
    Scheduling scheduling = inherited(options.scheduling());
    if (scheduling.group().isEmpty()) {
      return options;
    }
    use(scheduling.group().get());
    scheduling.group().get().asked(options.placement());
    scheduling.group().get().asked(options.resources());
    return options.withScheduling(scheduling);
  }

  /// With the names of its group for what it asks for.
  static ActorOptions named(ActorOptions options) {
    Optional<InGroup> group = options.scheduling().group();
    if (group.isEmpty()) {
      return options;
    }
    Resources held = options.resources();
    return options
        .withResources(held.isEmpty() ? held : group.get().asked(held))
        .withPlacement(group.get().asked(options.placement()))
        .withScheduling(options.scheduling().besidesGroup());
  }

  private static Scheduling inherited(Scheduling asked) {
    CurrentCall call = CurrentCall.orNull();
    if (call == null || asked.group().isPresent() || asked.inNoGroup()) {
      return asked;
    }
    Optional<InGroup> captures = call.setting().group();
    return captures.isPresent() ? asked.withGroup(captures.get()) : asked;
  }

  private void use(InGroup group) {
    MantaException removal = known(group.names().group()).removal();
    if (removal != null) {
      throw Failed.rethrown(removal);
    }
  }

  /// Why nothing more can run in the group of a shape; null as long as something can.
  @Nullable MantaException removal(Shape shape) {
    return shape.resources().isBundled() ? removal(shape.resources().group().orElseThrow()) : null;
  }

  private @Nullable MantaException removal(PlacementGroupId id) {
    return known(id).removal();
  }

  /// What work of a shape waits for, when that is for its group to be placed.
  Optional<String> whyWaiting(Shape shape) {
    Optional<PlacementGroupId> id = shape.resources().group();
    if (id.isEmpty()) {
      return Optional.empty();
    }
    KnownGroup group = known(id.get());
    return group.isPlaced()
        ? Optional.empty()
        : Optional.of(
            "it asks for %s, which is not placed: %s"
                .formatted(shape.resources(), whyPending(group)));
  }

  /// Why a group is not placed: who places it knows that by now, others as they were told last.
  String whyPending(KnownGroup group) {
    return owned.whyPending(group.id()).orElseGet(group::why);
  }

  /// Whether work of a shape is to wait although no node could run it: its bundles are still to be
  /// placed.
  boolean isAwaited(Shape shape) {
    return shape.resources().group().map(known::get).filter(group -> !group.isPlaced()).isPresent();
  }

  boolean isRemoved(PlacementGroupId id) {
    synchronized (removals) {
      return removals.containsKey(id);
    }
  }

  // What is known

  /// Has who places it tell this process of it, from now on.
  KnownGroup known(PlacementGroupId id) {
    KnownGroup group = known.get(id);
    if (group != null) {
      return group;
    }
    var fresh = new KnownGroup(id);
    Message.GroupTold removal;
    synchronized (removals) {
      removal = removals.get(id);
    }
    if (removal != null) {
      fresh.told(id.owner(), removal);
      return fresh;
    }
    KnownGroup before = known.putIfAbsent(id, fresh);
    if (before != null) {
      return before;
    }
    watch(fresh);
    return fresh;
  }

  /// Until that is answered.
  private void watch(KnownGroup group) {
    NodeId director = director(group.id());
    if (owned.contains(group.id()) || group.removal() != null || runtime.isClosed()) {
      return;
    }
    boolean unknown =
        !runtime.cluster().isAlive(director)
            && !runtime.cluster().isGone(director)
            && group.ageNanos() > runtime.config().joinTimeout().toNanos();
    if ((unknown || runtime.cluster().isGone(director)) && !isTakenOver(group)) {
      told(director, gone(group.id()));
      return;
    }
    boolean dead = runtime.cluster().isGone(director);
    if (!dead && !group.isToldBy(director)) {
      runtime.cluster().send(director, new Message.WatchGroup(group.id()));
    }
    if (dead || !group.isToldBy(director)) {
      runtime.timer().later(ASK_AGAIN, () -> watch(group));
    }
  }

  /// Whether another node places it soon though who did is gone: what that wrote last may be on its
  /// way.
  private boolean isTakenOver(KnownGroup group) {
    return group.id().detached()
        && (detached.isKnown(group.id()) || group.goneNanos() < HEARSAY.toNanos());
  }

  private static Message.GroupTold gone(PlacementGroupId id) {
    return Message.GroupTold.removed(
        id, "%s was removed, since %s, which created it, is gone".formatted(id, id.owner()), false);
  }

  void watchAgain(PlacementGroupId id) {
    KnownGroup group = known.get(id);
    if (group != null) {
      watch(group);
    }
  }

  /// The process that places a group.
  NodeId director(PlacementGroupId id) {
    return owned.contains(id) ? runtime.id() : detached.director(id).orElse(id.owner());
  }

  boolean isPlacedElsewhere(PlacementGroupId id) {
    return id.detached() && detached.isKnown(id) && !director(id).equals(runtime.id());
  }

  /// What is to be said of a group that is not known any more.
  Message.GroupTold removalOf(PlacementGroupId id) {
    synchronized (removals) {
      Message.GroupTold told = removals.get(id);
      return told != null
          ? told
          : Message.GroupTold.removed(
              id, id + " was removed: who placed it does not know it any more", false);
    }
  }

  /// How it is with a group, from who places it.
  void told(NodeId from, Message.GroupTold message) {
    if (message.state().isEmpty()) {
      synchronized (removals) {
        removals.putIfAbsent(message.group(), message);
      }
    }
    KnownGroup group = known.get(message.group());
    if (group == null) {
      return;
    }
    group.told(from, message);
    MantaException removal = group.removal();
    if (removal != null) {
      if (known.remove(message.group(), group)) {
        end(message.group(), removal);
      }
    } else if (group.isPlaced()) {
      runtime.actors().owned().placement().placePending();
    }
  }

  /// What this process has in a group that is removed, and that waits, fails. Actors first: one
  /// that is refused its place would be placed again.
  private void end(PlacementGroupId id, MantaException removal) {
    for (OwnedActor actor : runtime.actors().owned().all()) {
      if (isIn(id, actor.options.placement())) {
        runtime
            .actors()
            .owned()
            .kill(actor, Reason.RESOURCES_GONE, String.valueOf(removal.getMessage()));
      }
    }
    for (Shape shape : runtime.admission().waitingShapes()) {
      if (isIn(id, shape.resources())) {
        AdmissionQueue.Work work;
        while ((work = runtime.admission().poll(shape)) != null) {
          switch (work) {
            case SubmittedTask task -> task.groupRemoved(removal);
            case Placing placing -> placing.refuse();
            default -> {} // a claim of another process, which hears of the removal itself
          }
        }
      }
    }
  }

  static boolean isIn(PlacementGroupId id, Resources asked) {
    return asked.isBundled() && asked.group().filter(id::equals).isPresent();
  }

  // Events

  /// Another process is gone for good.
  void nodeDied(NodeId node) {
    if (!runtime.isDriver()) {
      hosted.processGone(node);
    }
    owned.nodeDied(node);
    known.values().forEach(this::watch);
    detached.adopt();
  }

  void jobEnded(JobId job) {
    owned.jobEnded(job);
  }

  void check(long warnNanos, long failNanos) {
    owned.placePending();
    owned.checkFeasible(warnNanos, failNanos);
  }

  /// Whether a name's holder was a group of this process that is not any more.
  boolean hasForgotten(PlacementGroupId id) {
    return id.owner().equals(runtime.id()) && !owned.contains(id) && !detached.isKnown(id);
  }

  /// This runtime is closed: whoever waits for a group is told so. What is in detached ones goes
  /// on.
  void closed() {
    known
        .values()
        .forEach(
            group ->
                group.told(
                    runtime.id(),
                    Message.GroupTold.removed(
                        group.id(),
                        "%s can't be used any more: %s was closed".formatted(group.id(), runtime),
                        false)));
  }
}
