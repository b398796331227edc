package io.manta.actors;

import io.manta.actors.internal.Arguments;
import io.manta.actors.internal.GroupHandle;
import io.manta.core.Backoff;
import io.manta.core.DataSize;
import io.manta.core.Isolation;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroup;
import io.manta.core.Resources;
import io.manta.core.RuntimeEnvironment;
import io.manta.core.Scheduling;
import io.manta.core.TaskOptions;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;

/// A task and its options. Immutable: each setter gives another builder, so that one may be kept
/// and submitted many times.
///
/// @param <R> what [#submit] gives: an [io.manta.core.ObjectRef], several, or a stream of them
public final class TaskBuilder<R> {
  private final Function<TaskOptions, R> submitter;
  private final TaskOptions options;

  /// For runtimes; users call [Manta#task], [Manta#split] or [Manta#generator].
  public TaskBuilder(Function<TaskOptions, R> submitter, TaskOptions options) {
    this.submitter = submitter;
    this.options = options;
  }

  public TaskBuilder<R> cpus(double amount) {
    return resource(Resources.CPU, amount);
  }

  public TaskBuilder<R> gpus(double amount) {
    return resource(Resources.GPU, amount);
  }

  /// For scheduling only: the amount is accounted for, not enforced. Written like `4GiB`.
  public TaskBuilder<R> memory(String size) {
    return resource(Resources.MEMORY, DataSize.parse(size).bytes());
  }

  /// Sets an amount of a resource by name.
  public TaskBuilder<R> resource(String name, double amount) {
    return with(options.withResources(options.resources().with(name, amount)));
  }

  public TaskBuilder<R> retries(int count) {
    return with(options.withRetries(count));
  }

  /// Retries these exceptions of user code too, and their subclasses.
  @SafeVarargs
  public final TaskBuilder<R> retryOn(Class<? extends Throwable>... types) {
    return with(options.withRetryOn(List.of(types)));
  }

  /// Waits before a retry after an exception of user code: `first`, then twice as long each time,
  /// at most `most`, with a random part left out.
  public TaskBuilder<R> backoff(Duration first, Duration most) {
    return with(options.withBackoff(new Backoff(first, most)));
  }

  /// Cancels the task, and those that it submitted, when it is not over that long after it was
  /// submitted; whoever waits for it gets a [io.manta.core.TaskTimeoutException].
  public TaskBuilder<R> timeout(Duration limit) {
    return with(options.withTimeout(limit));
  }

  public TaskBuilder<R> named(String name) {
    return with(options.withName(name));
  }

  /// Runs it on that node only; it fails when that node is gone.
  public TaskBuilder<R> onNode(NodeId node) {
    return scheduled(
        options.scheduling().withNode(Arguments.given(node, "node", "the id of a node")));
  }

  /// Runs it on that node as long as there is room on it, else on another.
  public TaskBuilder<R> preferNode(NodeId node) {
    return scheduled(
        options.scheduling().withPreferredNode(Arguments.given(node, "node", "the id of a node")));
  }

  /// Runs it on nodes with these labels only, such as `zone in (eu, us), disk = ssd, !spot`.
  ///
  /// @param labels a [LabelSelector]
  public TaskBuilder<R> where(String labels) {
    return scheduled(options.scheduling().withRequired(Arguments.labels(labels)));
  }

  /// Runs it on nodes with these labels as long as there is room on one, else on another.
  ///
  /// @param labels a [LabelSelector]
  public TaskBuilder<R> preferWhere(String labels) {
    return scheduled(options.scheduling().withPreferred(Arguments.labels(labels)));
  }

  /// Runs it on the node that is used least, in place of filling one node after the other up to a
  /// half first.
  public TaskBuilder<R> spread() {
    return scheduled(options.scheduling().withStrategy(Scheduling.Strategy.SPREAD));
  }

  /// Runs it before other work that waits: each point counts as a second of waiting more, so that
  /// what has less of it still gets its turn.
  ///
  /// @param priority -100 to 100, 0 by default
  public TaskBuilder<R> priority(int priority) {
    return scheduled(options.scheduling().withPriority(priority));
  }

  /// Runs it in a placement group: its resources are taken from one of the bundles, whichever has
  /// room, once the group is placed. What it asks for must fit into one bundle.
  ///
  /// @throws io.manta.core.InfeasibleException when it is submitted and no bundle could ever hold
  ///   it
  public TaskBuilder<R> in(PlacementGroup group) {
    return scheduled(options.scheduling().withGroup(GroupHandle.of(group, OptionalInt.empty())));
  }

  /// Runs it in one bundle of a placement group.
  ///
  /// @param bundle the index, in the order in which bundles were added to the group
  /// @throws IllegalArgumentException when the group has no such bundle
  public TaskBuilder<R> in(PlacementGroup group, int bundle) {
    return scheduled(options.scheduling().withGroup(GroupHandle.of(group, OptionalInt.of(bundle))));
  }

  /// Runs it in no placement group, also where who submits it is in one that captures its children.
  public TaskBuilder<R> inNoGroup() {
    return scheduled(options.scheduling().withNoGroup());
  }

  private TaskBuilder<R> scheduled(Scheduling scheduling) {
    return with(options.withScheduling(scheduling));
  }

  /// As [#isolated(Isolation)] with the defaults: the options, variables and folder of the node.
  public TaskBuilder<R> isolated() {
    return isolated(Isolation.defaults());
  }

  /// Runs it in a JVM of its own, a child of the node: with its own heap and options, environment
  /// variables and native libraries. When that process ends under it, by a crash, `System.exit` or
  /// lack of memory, nothing else is harmed, and the task is retried in a fresh one. Its [Manta]
  /// can submit tasks, put and get values and call actors; it can't create actors nor submit
  /// generators.
  public TaskBuilder<R> isolated(Isolation isolation) {
    return with(options.withIsolation(isolation));
  }

  /// What it finds where it runs, in addition to what its job has: jars, a folder, a start-up hook,
  /// and variables where it is isolated.
  public TaskBuilder<R> environment(RuntimeEnvironment environment) {
    return with(options.withEnvironment(environment));
  }

  /// For a generator: how many values may wait to be consumed before it has to wait.
  public TaskBuilder<R> buffer(int values) {
    return with(options.withBuffer(values));
  }

  /// Submits the task; does not block. See [Manta#submit].
  ///
  /// @throws io.manta.core.SerializationException at once, when a captured value can't be copied
  public R submit() {
    return submitter.apply(options);
  }

  private TaskBuilder<R> with(TaskOptions changed) {
    return new TaskBuilder<>(submitter, changed);
  }
}
