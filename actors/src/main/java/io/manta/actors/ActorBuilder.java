package io.manta.actors;

import io.manta.actors.internal.Arguments;
import io.manta.actors.internal.GroupHandle;
import io.manta.core.ActorOptions;
import io.manta.core.DataSize;
import io.manta.core.Isolation;
import io.manta.core.Lifetime;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import java.time.Duration;
import java.util.HashMap;
import java.util.OptionalInt;
import java.util.function.Function;

/// An actor to be and its options. Immutable: each setter gives another builder.
public final class ActorBuilder<A extends RemoteActor> {
  private final Function<ActorOptions, ActorHandle<A>> creator;
  private final ActorOptions options;

  /// For runtimes; users call [Manta#actor].
  public ActorBuilder(Function<ActorOptions, ActorHandle<A>> creator, ActorOptions options) {
    this.creator = creator;
    this.options = options;
  }

  /// Held while it lives. Without any resource set, an actor needs 1 cpu to start and none after.
  public ActorBuilder<A> cpus(double amount) {
    return resource(Resources.CPU, amount);
  }

  public ActorBuilder<A> gpus(double amount) {
    return resource(Resources.GPU, amount);
  }

  /// For scheduling only: the amount is accounted for, not enforced. Written like `4GiB`.
  public ActorBuilder<A> memory(String size) {
    Arguments.given(size, "size", "an amount of memory, such as 4GiB");
    return resource(Resources.MEMORY, DataSize.parse(size).bytes());
  }

  /// Sets an amount of a resource by name, held while it lives.
  public ActorBuilder<A> resource(String name, double amount) {
    Arguments.given(name, "name", "that of a resource, such as cpu");
    return with(options.withResources(options.resources().with(name, amount)));
  }

  /// What must be free on a node to start it there, when that is more or less than what it holds
  /// while it lives. To be set after the amounts that it holds.
  public ActorBuilder<A> placedWith(Resources resources) {
    Arguments.given(resources, "resources", "what must be free, such as Resources.cpus(1)");
    return with(options.withPlacement(resources));
  }

  /// A name unique in its namespace, for [Manta#find]. When another actor has it, this one is not
  /// created: its calls fail with [io.manta.core.ActorDiedException]; see also [#getIfExists].
  ///
  /// @throws IllegalArgumentException when it is blank, as for a namespace and a group
  public ActorBuilder<A> named(String name) {
    return with(options.withName(Arguments.given(name, "name", "a name of the actor's own")));
  }

  /// The namespace of its name, where that is not the runtime's own, [MantaConfig#namespace].
  public ActorBuilder<A> namespace(String namespace) {
    Arguments.given(namespace, "namespace", "that of the actor's name, or leave it out");
    return with(options.withNamespace(namespace));
  }

  /// Has [#create] give the living actor of that name, if there is one. Of several processes that
  /// create it at the same time one does, and all get the same actor. Then `create` blocks for a
  /// message to another node and back.
  public ActorBuilder<A> getIfExists() {
    return with(options.withGetIfExists(true));
  }

  /// It is stopped in order when nothing has a handle to it any more: in this process, in another
  /// one, or inside of a value. A garbage collection notices, so some seconds later. Handles that
  /// the actor gives away by [ActorContext#self], and those that [Manta#find] gave, do not count.
  public ActorBuilder<A> endsWithHandles() {
    return with(options.withLifetime(Lifetime.HANDLES));
  }

  /// It outlives the process that creates it: only a kill, a stop or a death without a restart left
  /// ends it. Its constructor may capture neither refs nor more than 100 KiB, and its classes must
  /// be on the class path of the nodes, since those of a job go with it.
  public ActorBuilder<A> detached() {
    return with(options.withLifetime(Lifetime.DETACHED));
  }

  /// As [#isolated(Isolation)] with the defaults: the options, variables and folder of the node.
  public ActorBuilder<A> isolated() {
    return isolated(Isolation.defaults());
  }

  /// Has it live in a JVM of its own, a child of its node: with its own heap and options,
  /// environment variables and native libraries. When that process ends under it, by a crash,
  /// `System.exit` or lack of memory, the actor died, and is restarted as after the death of a
  /// node. It runs one call at a time and gives no streams; starting it takes some tenths of a
  /// second.
  public ActorBuilder<A> isolated(Isolation isolation) {
    Arguments.given(isolation, "isolation", "one, such as Isolation.defaults()");
    return with(options.withIsolation(isolation));
  }

  /// How often it is started anew, as another incarnation, after its node or process died; 0 by
  /// default.
  public ActorBuilder<A> maxRestarts(int count) {
    return with(options.withMaxRestarts(count));
  }

  /// At least once: repeats a call whose actor died under it, so many times. Without it a call runs
  /// at most once.
  public ActorBuilder<A> callRetries(int count) {
    return with(options.withCallRetries(count));
  }

  /// How long a start may take, each time; without end by default. That is the constructor,
  /// `onStart` and `onRestart`, and before them its classes, the start-up hook of its job, its
  /// process when it is isolated, and durable state that is waited for. After that it is
  /// interrupted and the actor is dead, whatever restarts it has left. Code that is deaf to
  /// interrupts runs on, without the resources it was placed with.
  public ActorBuilder<A> startTimeout(Duration timeout) {
    Arguments.given(timeout, "timeout", "how long a start may take");
    return with(options.withStartTimeout(timeout));
  }

  /// How many calls run at the same time; 1 by default.
  public ActorBuilder<A> maxConcurrency(int calls) {
    return with(options.withMaxConcurrency(calls));
  }

  /// A group of calls with a limit of its own: at most so many of them run at the same time,
  /// whatever calls outside of it do. Callers choose it with [ActorHandle#inGroup].
  public ActorBuilder<A> concurrencyGroup(String group, int calls) {
    Arguments.given(group, "group", "a name for the group");
    var groups = new HashMap<>(options.concurrencyGroups());
    groups.put(group, calls);
    return with(options.withConcurrencyGroups(groups));
  }

  /// How many calls of one process may wait or run; 1,000,000 by default. The next one throws
  /// [io.manta.core.PendingCallsLimitExceededException].
  public ActorBuilder<A> maxPendingCalls(int calls) {
    return with(options.withMaxPendingCalls(calls));
  }

  /// Has it live on that node only.
  public ActorBuilder<A> onNode(NodeId node) {
    return scheduled(
        options.scheduling().withNode(Arguments.given(node, "node", "the id of a node")));
  }

  /// Has it start on that node as long as there is room on it, else on another.
  public ActorBuilder<A> preferNode(NodeId node) {
    return scheduled(
        options.scheduling().withPreferredNode(Arguments.given(node, "node", "the id of a node")));
  }

  /// Has it live on nodes with these labels only, such as `zone in (eu, us), disk = ssd, !spot`.
  ///
  /// @param labels a [LabelSelector]
  public ActorBuilder<A> where(String labels) {
    return scheduled(options.scheduling().withRequired(Arguments.labels(labels)));
  }

  /// Has it start on nodes with these labels as long as there is room on one, else on another.
  ///
  /// @param labels a [LabelSelector]
  public ActorBuilder<A> preferWhere(String labels) {
    return scheduled(options.scheduling().withPreferred(Arguments.labels(labels)));
  }

  /// Has it start on the node that is used least, in place of filling one node after the other up
  /// to a half first.
  public ActorBuilder<A> spread() {
    return scheduled(options.scheduling().withStrategy(Scheduling.Strategy.SPREAD));
  }

  /// Has it start before other work that waits: each point counts as a second of waiting more, so
  /// that what has less of it still gets its turn.
  ///
  /// @param priority -100 to 100, 0 by default
  public ActorBuilder<A> priority(int priority) {
    return scheduled(options.scheduling().withPriority(priority));
  }

  /// Has it live in a placement group: its resources are taken from one of the bundles, whichever
  /// has room, once the group is placed. What it asks for must fit into one bundle.
  ///
  /// @throws io.manta.core.InfeasibleException when it is created and no bundle could ever hold it
  public ActorBuilder<A> in(PlacementGroup group) {
    return scheduled(options.scheduling().withGroup(GroupHandle.of(group, OptionalInt.empty())));
  }

  /// Has it live in one bundle of a placement group.
  ///
  /// @param bundle the index, in the order in which bundles were added to the group
  /// @throws IllegalArgumentException when the group has no such bundle
  public ActorBuilder<A> in(PlacementGroup group, int bundle) {
    return scheduled(options.scheduling().withGroup(GroupHandle.of(group, OptionalInt.of(bundle))));
  }

  /// Has it live in no placement group, also where who creates it is in one that captures its
  /// children.
  public ActorBuilder<A> inNoGroup() {
    return scheduled(options.scheduling().withNoGroup());
  }

  private ActorBuilder<A> scheduled(Scheduling scheduling) {
    return with(options.withScheduling(scheduling));
  }

  /// Creates the actor. Does not block, but for [#getIfExists]: calls wait until it has started,
  /// and fail when it can't.
  public ActorHandle<A> create() {
    return creator.apply(options);
  }

  private ActorBuilder<A> with(ActorOptions changed) {
    return new ActorBuilder<>(creator, changed);
  }
}
