package io.manta.actors;

import io.manta.actors.internal.Arguments;
import io.manta.actors.internal.CurrentCall;
import io.manta.actors.internal.Runtimes;
import io.manta.core.ActorInfo;
import io.manta.core.ClusterDemand;
import io.manta.core.NodeId;
import io.manta.core.NodeInfo;
import io.manta.core.NodeType;
import io.manta.core.ObjectRef;
import io.manta.core.ObjectUsage;
import io.manta.core.PendingWork;
import io.manta.core.PlacementGroup;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.Ready;
import io.manta.core.RefScope;
import io.manta.core.RefStream;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteGenerator;
import io.manta.core.RemoteRunnable;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/// The runtime: runs tasks and actors on this process, or on the cluster that it joined or
/// connected to. Safe for use by many threads.
///
/// ```java
/// try (var manta = Manta.start()) {
///   ObjectRef<Integer> square = manta.submit(() -> 7 * 7);
///   System.out.println(square.get());
/// }
/// ```
///
/// A task or call may capture a `Manta`: where it runs, that is the runtime there.
public interface Manta extends AutoCloseable {
  /// Starts a node in this JVM, with all its cores and no port open. Blocks until it is up, about a
  /// second.
  static Manta start() {
    return start(MantaConfig.load());
  }

  /// Starts a node in this JVM. Where the config names a port or addresses to join, the node is a
  /// member of that cluster. Blocks until it is up.
  ///
  /// @throws io.manta.core.ConfigurationException when a port is taken or an address is not allowed
  /// @throws io.manta.core.ClusterUnavailableException when no address to join answers within
  ///   [MantaConfig#joinTimeout]
  static Manta start(MantaConfig config) {
    return Runtimes.start(config);
  }

  /// Connects as a driver: a process that submits work to a cluster and is no member of it.
  ///
  /// @param addresses `manta://host:port` of one or more nodes, tried in order; or `auto`, which
  ///   takes MANTA_ADDRESS and else a node that this user started on this machine
  /// @throws io.manta.core.ClusterUnavailableException when none answers within
  ///   [MantaConfig#joinTimeout]
  static Manta connect(String... addresses) {
    return connect(MantaConfig.load().withoutBinding().withAddresses(List.of(addresses)));
  }

  /// As [#connect(String...)], with the addresses of the config.
  static Manta connect(MantaConfig config) {
    return Runtimes.connect(config);
  }

  /// The runtime of the task or actor's call that this thread runs.
  ///
  /// @throws IllegalStateException outside of one
  static Manta current() {
    return CurrentCall.required().runtime();
  }

  /// Where the task or actor's call that this thread runs is.
  ///
  /// @throws IllegalStateException outside of one
  static TaskContext context() {
    return CurrentCall.required().context();
  }

  /// The logger of the task or actor's call that this thread runs. It has the task's name; its
  /// lines go to the node's log, and to the console of the job's driver. No line is waited for:
  /// when a task logs faster than its driver takes it, lines are left out there and counted.
  ///
  /// @throws IllegalStateException outside of one
  static Logger logger() {
    return CurrentCall.required().logger();
  }

  /// Submits a task with the default options: 1 cpu, 3 retries. Does not block.
  ///
  /// Refs that the closure captures, directly or in a captured array or collection, are
  /// dependencies: the task starts when they are done, and fails as they do.
  ///
  /// @throws io.manta.core.SerializationException at once, when a captured value can't be copied
  <T extends @Nullable Object> ObjectRef<T> submit(RemoteCallable<T> body);

  /// As [#submit(RemoteCallable)], for a body that gives no value.
  default ObjectRef<@Nullable Void> submit(RemoteRunnable body) {
    return task(body).submit();
  }

  /// A task with options to set before [TaskBuilder#submit()].
  <T extends @Nullable Object> TaskBuilder<ObjectRef<T>> task(RemoteCallable<T> body);

  /// As [#task(RemoteCallable)], for a body that gives no value.
  default TaskBuilder<ObjectRef<@Nullable Void>> task(RemoteRunnable body) {
    return task(new Running(Arguments.given(body, "body", "what the task is to do")));
  }

  /// A task that gives `count` results, each with a ref of its own, so that whoever wants one of
  /// them need not fetch the others. The body returns them as a list. Cancelling one ref cancels
  /// all.
  <T extends @Nullable Object> TaskBuilder<List<ObjectRef<T>>> split(
      int count, RemoteCallable<? extends List<T>> body);

  /// A task that gives many values one after another, which are consumed while it still runs. It
  /// waits when its consumer is behind by [TaskBuilder#buffer]. Closing the stream cancels it.
  ///
  /// A retry runs the body from its beginning, and drops as many values as were there before: it is
  /// expected to give the same ones again.
  <T extends @Nullable Object> TaskBuilder<RefStream<T>> generator(RemoteGenerator<T> body);

  /// The refs in the order in which they are done, with a value or a failure; those that are done
  /// already come first, in the order given. Closing the stream leaves the refs as they are.
  <T extends @Nullable Object> RefStream<T> asCompleted(Collection<? extends ObjectRef<T>> refs);

  /// Works on a stream of inputs, at most `width` of them at a time.
  ///
  /// ```java
  /// var pages = manta.pool(100, (String url) -> manta.submit(() -> fetch(url)));
  /// pages.mapUnordered(urls.stream()).values().forEach(page -> index(page));
  /// ```
  ///
  /// @param submit what is done with an input; runs in this process
  <T extends @Nullable Object, R extends @Nullable Object> WorkPool<T, R> pool(
      int width, Function<? super T, ObjectRef<R>> submit);

  /// Works on a stream of inputs with actors: an input goes to the one with the fewest under way,
  /// at most two to each.
  ///
  /// @param call what is done with an input; runs in this process
  <A extends RemoteActor, T extends @Nullable Object, R extends @Nullable Object>
      WorkPool<T, R> pool(
          List<ActorHandle<A>> actors,
          BiFunction<? super ActorHandle<A>, ? super T, ObjectRef<R>> call);

  /// Stores a value, copied unless immutable, and gives a reference to it. It lives as long as this
  /// process and a reference do.
  <T> ObjectRef<T> put(T value);

  /// Begins to note the refs that this thread makes or receives, and closes them at its end: for
  /// many large values in a row, which are then freed at once instead of by the garbage collector.
  RefScope scope();

  /// What this process keeps of objects.
  ObjectUsage objectUsage();

  /// The values of all, in order. Waits as [ObjectRef#get()]; the first failure in order is thrown.
  <T extends @Nullable Object> List<T> get(List<ObjectRef<T>> refs);

  /// As [#get(List)], within one deadline for all.
  <T extends @Nullable Object> List<T> get(List<ObjectRef<T>> refs, Duration timeout);

  /// Waits until `count` of the refs are done, with a value or a failure, or the timeout is over.
  /// Returns the first `count` done ones in the order given, and the rest.
  <T extends @Nullable Object> Ready<T> await(List<ObjectRef<T>> refs, int count, Duration timeout);

  /// An actor with options to set before [ActorBuilder#create()].
  ///
  /// @param constructor runs where the actor lives, again at each restart
  <A extends RemoteActor> ActorBuilder<A> actor(RemoteCallable<A> constructor);

  /// The living actor of that name, in the namespace of this job. Blocks for a message to another
  /// node and back. Whether it is of that class is not known before it is called: a call that needs
  /// another class than the actor's fails with a [io.manta.core.TaskFailedException] that names
  /// both.
  ///
  /// @throws IllegalArgumentException when the name is blank
  <A extends RemoteActor> Optional<ActorHandle<A>> find(String name, Class<A> type);

  /// As [#find(String, Class)], in any namespace.
  <A extends RemoteActor> Optional<ActorHandle<A>> find(
      String namespace, String name, Class<A> type);

  /// Actors of all processes that answer within 5 s: those that live, those on their way, and those
  /// that died of late. Blocks for that.
  ///
  /// @param limit how many at most, 1 or more; those of this process first
  List<ActorInfo> actors(int limit);

  /// Has every process move actors from nodes that have many of its own to nodes that have few and
  /// room for them; nothing else ever moves an actor from a living node. One that is [Movable]
  /// hands its state over; a [DurableActor], or one that was created with restarts, is started anew
  /// there, which does not count as a restart; the rest stay. Calls that wait move along. Does not
  /// block: the stage gives how many were moved.
  CompletionStage<Integer> rebalance();

  /// A placement group with options to set before [PlacementGroupBuilder#create]: resources that
  /// are reserved together, on one or more nodes.
  PlacementGroupBuilder placementGroup();

  /// The placement group of that name, of any process. Blocks for a message to the others and back.
  ///
  /// @throws IllegalArgumentException when the name is blank
  Optional<PlacementGroup> findPlacementGroup(String name);

  /// Placement groups of all processes that answer within 5 s, that are not removed. Blocks for
  /// that.
  List<PlacementGroupInfo> placementGroups();

  /// All resources of the cluster's nodes.
  Resources clusterResources();

  /// What of them is free for new work, not counting cordoned nodes; some tens of milliseconds old.
  Resources availableResources();

  /// The living nodes.
  List<NodeInfo> nodes();

  /// A node, to take it out of service or change what it offers; nothing is asked of it yet.
  NodeControl node(NodeId node);

  /// What waits for resources in all processes that this one knows, longest first, and why. Blocks
  /// until they have answered, five seconds at most; who has not is left out.
  List<PendingWork> pending();

  /// As [#demand(Duration, Collection)], where no nodes can be started.
  default Flow.Publisher<ClusterDemand> demand(Duration interval) {
    return demand(interval, List.of());
  }

  /// What waits for room in the cluster, and which nodes have nothing on them, again and again.
  ///
  /// Each subscriber has looks of its own, one after the other, at least an interval from one to
  /// the next, and only when it has asked for one: what it gets is never older than its request.
  /// Each look asks all processes and takes five seconds at most; who has not answered is left out,
  /// so that a node that hangs is not idle. Subscribers are called by a virtual thread of their
  /// own, so they may block. The stream ends when this runtime does.
  ///
  /// @param types of nodes that the subscriber can start: what one of these could hold does not
  ///   fail by `infeasible-timeout`, for a minute from each look
  Flow.Publisher<ClusterDemand> demand(Duration interval, Collection<NodeType> types);

  /// This process: a node, or a driver's id.
  NodeId id();

  /// Where another process connects to this node or, for a driver, the node it talks to;
  /// `manta://host:port`, empty for an embedded node without a port.
  Optional<String> address();

  /// Why a task or actor's result is still pending, in words: which node is closest and what it
  /// lacks; or what makes a lost value again that somebody waits for. Empty otherwise.
  Optional<String> explain(ObjectRef<?> ref);

  /// Small records, replicated to every node. Records of one space are seen under its name only.
  ClusterRecords records(String space);

  /// The settings that this runtime was started with.
  MantaConfig config();

  /// Completes when this runtime has ended: it was closed, or its node was removed from the cluster
  /// because the others could not reach it.
  CompletionStage<Boolean> whenClosed();

  /// Ends the runtime: its tasks are cancelled, the actors it owns stop, its node leaves the
  /// cluster. Blocks until done, at most some ten seconds. Closing twice is harmless.
  @Override
  void close();
}
