package io.manta.actors.internal;

import io.manta.actors.internal.durable.StoreMessage;
import io.manta.core.ActorDiedException.Reason;
import io.manta.core.ActorId;
import io.manta.core.ActorInfo;
import io.manta.core.ActorOptions;
import io.manta.core.CancelOptions;
import io.manta.core.GroupNames;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.NodeType;
import io.manta.core.ObjectId;
import io.manta.core.ObjectUsage;
import io.manta.core.PendingWork;
import io.manta.core.PlacementGroupId;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.PlacementGroupOptions;
import io.manta.core.ResourceDemand;
import io.manta.core.Resources;
import io.manta.core.SlotId;
import io.manta.core.TaskId;
import io.manta.objects.Failures;
import io.manta.objects.ValueCodec;
import io.manta.objects.store.Location;
import io.manta.scheduler.JobQuota;
import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.QuotaShare;
import io.manta.scheduler.Shape;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.event.Level;

/// What processes tell each other. User values are bytes here; they are decoded on the thread that
/// uses them. See [Wire] for the encoding.
sealed interface Message {
  /// The values and closures in it.
  default List<Payload> payloads() {
    return List.of();
  }

  /// The values that came along for refs in it.
  default List<Attached> attached() {
    return List.of();
  }

  /// Whether the receiver keeps the large values in it from now on, and says when they are deleted.
  default boolean handsOver() {
    return false;
  }

  /// A value or a failure.
  record Result(boolean failed, Payload payload) {
    static Result of(Payload value) {
      return new Result(false, value);
    }

    static Result of(Throwable failure) {
      return new Result(true, Payload.of(Failures.encode(failure)));
    }

    byte[] bytes() {
      return payload.bytes();
    }

    MantaException failure(ValueCodec codec) {
      try {
        return Failed.bySystem(codec.decodeFailure(bytes()));
      } catch (RuntimeException e) {
        return Failed.bySystem(e); // damaged, or an exception of a user that can't be made
      }
    }
  }

  /// A value that travels with what refers to it.
  record Attached(ObjectId id, Payload value) {}

  /// Run a task under a lease.
  record RunTask(
      long lease,
      TaskId task,
      int attempt,
      JobId job,
      String name,
      long itemLimit,
      boolean retriable,
      byte[] setting,
      Payload body,
      List<Attached> attached)
      implements Message {
    @Override
    public List<Payload> payloads() {
      return withAttached(body, attached);
    }
  }

  private static List<Payload> withAttached(Payload body, List<Attached> attached) {
    if (attached.isEmpty()) {
      return List.of(body);
    }
    var payloads = new ArrayList<Payload>(attached.size() + 1);
    payloads.add(body);
    attached.forEach(value -> payloads.add(value.value()));
    return payloads;
  }

  /// A value that a task gave before it is over; before its [TaskDone].
  record TaskItem(long lease, TaskId task, int attempt, long index, Payload value)
      implements Message {
    @Override
    public boolean handsOver() {
      return true;
    }

    @Override
    public List<Payload> payloads() {
      return List.of(value);
    }
  }

  /// The task may give so many values in all.
  record TaskCredit(TaskId task, long values) implements Message {}

  record TaskDone(long lease, TaskId task, int attempt, long nanos, Result result)
      implements Message {
    @Override
    public boolean handsOver() {
      return true;
    }

    @Override
    public List<Payload> payloads() {
      return List.of(result.payload);
    }
  }

  /// Follows a wait of one process, with what it passed: see [WaitCycles].
  ///
  /// @param number the wait's, in its process
  /// @param leastNumber the lowest number of a wait that it passed, of the process with the lowest
  ///   id
  record WaitProbe(
      NodeId origin, long number, NodeId leastNode, long leastNumber, List<String> path) {}

  record ProbeObject(WaitProbe probe, ObjectId object) implements Message {}

  record ProbeTask(WaitProbe probe, TaskId task) implements Message {}

  record ProbeActor(WaitProbe probe, ActorId actor) implements Message {}

  /// The sender leaves or is short of memory, or the lease is over: the task did not begin, and is
  /// to run elsewhere.
  ///
  /// @param stuck whether it waited in vain for what runs before it
  record TaskRefused(long lease, TaskId task, int attempt, boolean stuck) implements Message {}

  /// To the owner of an object: stop the making of it.
  record CancelObject(ObjectId object, CancelOptions options) implements Message {}

  record CancelTask(TaskId task, CancelOptions options) implements Message {}

  /// Call an actor; `number` is unique for the sender.
  ///
  /// @param group the concurrency group; empty for none
  record CallActor(
      ActorId actor,
      int incarnation,
      long number,
      JobId job,
      Payload body,
      List<Attached> attached,
      String group)
      implements Message {
    @Override
    public List<Payload> payloads() {
      return withAttached(body, attached);
    }
  }

  record CallDone(ActorId actor, long number, Result result) implements Message {
    @Override
    public boolean handsOver() {
      return true;
    }

    @Override
    public List<Payload> payloads() {
      return List.of(result.payload);
    }
  }

  /// A value that a call gave before it is over; before its [CallDone].
  record CallItem(ActorId actor, long number, long index, Payload value) implements Message {
    @Override
    public boolean handsOver() {
      return true;
    }

    @Override
    public List<Payload> payloads() {
      return List.of(value);
    }
  }

  /// The call may give so many values in all.
  record CallCredit(ActorId actor, long number, long values) implements Message {}

  record CancelCall(ActorId actor, long number) implements Message {}

  /// The actor of a call, or one that was asked for, does not live at the sender.
  record NotHere(ActorId actor, int incarnation, long number) implements Message {}

  /// Start an actor; from its owner.
  ///
  /// @param state that the incarnation before it handed over
  record CreateActor(
      ActorId actor,
      int incarnation,
      SlotId slot,
      String reason,
      JobId job,
      String name,
      Payload constructor,
      ActorOptions options,
      byte[] setting,
      Optional<Payload> state)
      implements Message {
    @Override
    public List<Payload> payloads() {
      return state.map(handed -> List.of(constructor, handed)).orElse(List.of(constructor));
    }
  }

  /// To the node where it lives: have it leave for another one.
  record MoveActor(ActorId actor, int incarnation) implements Message {}

  /// It has left, or stays (`moved` false).
  ///
  /// @param state for its next incarnation
  record ActorMoved(ActorId actor, int incarnation, boolean moved, Optional<Payload> state)
      implements Message {
    @Override
    public List<Payload> payloads() {
      return state.map(List::of).orElse(List.of());
    }
  }

  /// Even your actors out among the nodes.
  ///
  /// @param from only those on that node, wherever there is room
  record Rebalance(long request, Optional<NodeId> from) implements Message {}

  record Rebalanced(long request, int moved) implements Message {}

  /// Which actors do you own, and call?
  record ListActors(long request, int limit) implements Message {}

  record ActorList(long request, List<ActorInfo> owned, List<CalledActor> called)
      implements Message {}

  /// @param pendingCalls of the process that says so
  record CalledActor(ActorId actor, int pendingCalls) {}

  /// What is replicated of a detached actor; no message by itself.
  ///
  /// @param director the process that restarts it
  /// @param node where it lives, when it does
  /// @param restarts so far; moves are none
  /// @param spec of its present incarnation
  record DetachedActor(
      NodeId director, Optional<NodeId> node, boolean named, int restarts, CreateActor spec)
      implements Message {}

  /// @param type the class of the object
  record ActorStarted(ActorId actor, int incarnation, String type) implements Message {}

  /// No room, or no such slot here: its owner places it elsewhere.
  record ActorRefused(ActorId actor, int incarnation) implements Message {}

  record ActorEnded(ActorId actor, int incarnation, Result reason) implements Message {}

  /// To who directs it: end it for good.
  record KillActor(ActorId actor, String reason) implements Message {}

  /// To a node: end this incarnation, if it lives there. From who directs it.
  record KillIncarnation(ActorId actor, int incarnation, String reason) implements Message {}

  /// To the node where it lives: end it in order, and kill it when that takes too long.
  record StopActor(ActorId actor, Reason reason, String why, long deadlineMillis)
      implements Message {}

  /// To an actor's owner: tell the sender, by an [ActorDead], when it is dead for good.
  record WatchActor(ActorId actor) implements Message {}

  /// Where is this actor? Asked of its owner.
  record FindActor(ActorId actor) implements Message {}

  /// From an actor's owner: it lives there, is on its way (`there` false) or is dead.
  ///
  /// @param limits of calls on it
  record ActorAt(ActorId actor, NodeId node, int incarnation, boolean there, CallLimits limits)
      implements Message {}

  /// What callers keep to.
  ///
  /// @param retries of a call whose actor died under it
  /// @param pending calls of one process
  record CallLimits(int retries, int pending) {
    static final CallLimits DEFAULT = new CallLimits(ActorOptions.defaults());

    private CallLimits(ActorOptions options) {
      this(options.callRetries(), options.maxPendingCalls());
    }

    /// Those of most actors are one object.
    static CallLimits of(ActorOptions options) {
      var limits = new CallLimits(options);
      return limits.equals(DEFAULT) ? DEFAULT : limits;
    }
  }

  record ActorDead(ActorId actor, Result reason) implements Message {}

  /// The slot is hosted by that node now.
  record SlotAt(SlotId slot, NodeId node) implements Message {}

  /// Send me the value of an object that you own.
  ///
  /// @param unreadable what it named before, which could not be read
  record FetchObject(ObjectId object, Optional<ObjectId> unreadable) implements Message {}

  record ObjectValue(ObjectId object, Result result) implements Message {
    @Override
    public List<Payload> payloads() {
      return List.of(result.payload);
    }
  }

  /// An object of the receiver, by its number, that a process borrowed so many times more, or
  /// released when the count is negative.
  record Loan(long number, int count) {}

  /// To the owner: what a process borrowed by way of the sender, or, from itself, releases.
  record Lent(NodeId borrower, List<Loan> loans) implements Message {}

  /// I want to read a large value of your store, from a process of that host. The answer is a
  /// [StoredAt].
  record PinStored(ObjectId stored, long request, long host) implements Message {}

  /// Where the value lies for processes of the same host, or where others get it; neither when it
  /// is not there.
  ///
  /// @param full why there is no room for it in memory
  record StoredAt(
      long request,
      Optional<Location> location,
      Optional<InetSocketAddress> address,
      Optional<String> full)
      implements Message {}

  /// I do not read that any more.
  record UnpinStored(Location location) implements Message {}

  /// Nobody reads that any more.
  record DropStored(ObjectId stored) implements Message {}

  /// To an object's owner: this process begins to have a copy of its value.
  record Copied(ObjectId object, ObjectId stored, long host) implements Message {}

  /// To the router of a job and shape, by way of the receiver: grant leases.
  record RequestLeases(LeaseRequest wanted) implements Message {}

  /// From a router to a node: reserve slots for that process, now or as they become free.
  ///
  /// @param slots 0 when none are needed any more
  record Reserve(NodeId holder, Shape shape, int slots, long waitedNanos) implements Message {}

  /// From a node to a process: it may run as many tasks of the shape here.
  record LeaseGranted(long lease, Shape shape, int slots) implements Message {}

  /// From the holder: the lease is over.
  record ReturnLease(long lease) implements Message {}

  /// From the node: others wait; end it soon.
  record RecallLease(long lease) implements Message {}

  /// From a node to the process whose job it is: what it has of the quota, and wants of it. The
  /// answer is a [QuotaAnswer].
  record ReportQuota(QuotaShare.Report report) implements Message {}

  /// Also when others wait for what the receiver has.
  record QuotaAnswer(JobQuota.Answer answer) implements Message {}

  /// From a node to the driver of a job: what its tasks logged.
  ///
  /// @param dropped how many lines before these were too many to be sent
  record TaskLines(long dropped, List<LogLine> lines) implements Message {}

  record LogLine(Level level, String task, String text) {}

  /// From the store of a node's durable actors to that of another.
  record ToStore(StoreMessage message) implements Message {}

  record FetchClass(JobId job, String className, long request) implements Message {}

  record ClassFile(long request, boolean found, byte[] bytes) implements Message {}

  /// Which jars does your job have?
  record FetchJars(long request) implements Message {}

  record JarList(long request, List<Jars.Jar> jars) implements Message {}

  /// Send me what follows in a jar of yours.
  record FetchJar(String hash, long offset, long request) implements Message {}

  /// None when there is no such jar.
  record JarChunk(long request, byte[] bytes) implements Message {}

  /// What a node has and has free; from each node to all processes it knows, when it changes and
  /// once a second.
  ///
  /// @param lostNode whether another node died or left of late, as far as it knows
  record NodeStatus(NodeView view, String address, ObjectUsage objects, boolean lostNode)
      implements Message {}

  /// To a node: what its operator changes of it. The answer is a [NodeControlled], also when that
  /// is nothing.
  ///
  /// @param resources in units, of those that change
  /// @param labels in place of those that it has
  record ControlNode(
      long request,
      Optional<Boolean> cordoned,
      Map<String, Long> resources,
      Optional<Map<String, String>> labels)
      implements Message {}

  /// @param refusal why nothing was changed; empty when it was
  /// @param tasks that run there
  /// @param actors that are there
  /// @param bundles groups that have some there
  record NodeControlled(long request, String refusal, int tasks, int actors, int bundles)
      implements Message {}

  /// To any process: what waits for resources of what it submitted?
  record ListPending(long request) implements Message {}

  record PendingList(long request, List<PendingWork> pending) implements Message {}

  /// To any process: what waits for room of what it submitted, and since when is it idle?
  ///
  /// @param types of nodes that the sender could start
  record AskDemand(long request, List<NodeType> types) implements Message {}

  /// @param idle for how long nothing has been on the node; empty while something is, and of
  ///   drivers
  record DemandTold(long request, List<ResourceDemand> waiting, Optional<Duration> idle)
      implements Message {}

  /// From a driver to the node it talks to: send me what drivers need to know. To another driver:
  /// this is one, too.
  record Attach(String address) implements Message {}

  /// From a node to drivers: that is another one.
  record DriverAt(NodeId driver, String address) implements Message {}

  /// The sender ends, or drops what it does for the receiver.
  record Goodbye(String reason) implements Message {}

  /// From a node to drivers: that node or driver is dead.
  record NodeGone(NodeId node, String reason) implements Message {}

  /// From a driver: ask sharding where a slot is, for me.
  record LocateSlot(SlotId slot) implements Message {}

  /// Give the name to an actor, or with none say who has it. The answer is a [NameHeld]. While it
  /// is not known who has it there is none: ask again.
  ///
  /// @param again whether the actor had the name before
  record ClaimName(long request, String name, Optional<ActorId> actor, boolean again)
      implements Message {}

  record NameHeld(long request, String name, Optional<ActorId> holder) implements Message {}

  /// Answered by [NameHeld], too.
  record ReleaseName(long request, String name, ActorId actor) implements Message {}

  /// From a driver: write a record, or remove it when there is no value.
  record WriteRecord(long request, String key, Optional<byte[]> value) implements Message {}

  record RecordWritten(long request, boolean written) implements Message {}

  /// From a node to drivers that attached: all records.
  record AllRecords(Map<String, byte[]> records) implements Message {}

  /// From who places a group to a node: reserve these bundles. The answer is a [BundlesAnswer].
  ///
  /// @param attempt at placing it, of the sender
  /// @param commits whether they are placed with that, since no other node has any
  /// @param turn how they wait where they are not free; empty when they are refused then
  record PrepareBundles(
      GroupNames names,
      int attempt,
      boolean commits,
      Map<Integer, Resources> bundles,
      Optional<BundleTurn> turn)
      implements Message {}

  /// How bundles wait on a node, in one line with all that waits there.
  ///
  /// @param waitedNanos for how long they have
  /// @param mostNanos after which they are refused
  /// @param quota of the job; nothing when it has none
  record BundleTurn(JobId job, long waitedNanos, long mostNanos, Resources quota) {
    /// What is left of it.
    BundleTurn after(long nanos) {
      return new BundleTurn(job, waitedNanos + nanos, Math.max(0, mostNanos - nanos), quota);
    }
  }

  /// What was reserved in that attempt is placed. The answer is a [BundlesAnswer].
  record CommitBundles(PlacementGroupId group, int attempt) implements Message {}

  /// From a node: whether it has reserved the bundles, or placed them, and what it has now.
  record BundlesAnswer(
      PlacementGroupId group, int attempt, boolean done, Resources total, Resources available)
      implements Message {}

  /// To a node: remove the bundles of a group, or drop what was reserved in one attempt and not
  /// placed. The answer is a [BundlesRemoved].
  ///
  /// @param attempt 0 for all of the group
  record RemoveBundles(GroupNames names, int attempt, String why) implements Message {}

  /// From a node: what it has now.
  record BundlesRemoved(Resources total, Resources available) implements Message {}

  /// From who takes over a group to all nodes: which bundles have you?
  record AskBundles(PlacementGroupId group, int attempt) implements Message {}

  /// @param removed whether the group was removed
  record BundlesHeld(PlacementGroupId group, int attempt, List<Integer> bundles, boolean removed)
      implements Message {}

  /// To who places a group: tell me now, and when that changes, how it is with it, by a
  /// [GroupTold].
  record WatchGroup(PlacementGroupId group) implements Message {}

  /// @param version the higher, the later, of one who places it
  /// @param state none when it is removed
  /// @param why it is not placed, or is removed
  /// @param infeasible whether it is removed since no nodes could hold it
  record GroupTold(
      PlacementGroupId group,
      long version,
      Optional<PlacementGroupInfo.State> state,
      Map<Integer, NodeId> nodes,
      String why,
      boolean infeasible)
      implements Message {
    static GroupTold removed(PlacementGroupId group, String why, boolean infeasible) {
      return new GroupTold(group, 0, Optional.empty(), Map.of(), why, infeasible);
    }
  }

  /// To who places a group: remove it.
  record RemoveGroup(PlacementGroupId group) implements Message {}

  /// Which placement groups do you place?
  record ListGroups(long request) implements Message {}

  record GroupList(long request, List<PlacementGroupInfo> groups) implements Message {}

  /// What is replicated of a detached group; no message by itself.
  record DetachedGroup(
      PlacementGroupId group,
      NodeId director,
      JobId job,
      PlacementGroupOptions options,
      Map<Integer, NodeId> nodes,
      Resources quota)
      implements Message {
    public DetachedGroup {
      quota = Objects.requireNonNullElse(quota, Resources.NONE); // kept before there were quotas
    }
  }
}
