package io.manta.actors;

import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.Resources;
import io.manta.core.TaskOptions;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A task and its options. Immutable: each setter gives another builder, so that one may be kept
/// and submitted many times.
public final class TaskBuilder<T extends @Nullable Object> {
  private final Function<TaskOptions, ObjectRef<T>> submitter;
  private final TaskOptions options;

  /// For runtimes; users call [Manta#task].
  public TaskBuilder(Function<TaskOptions, ObjectRef<T>> submitter, TaskOptions options) {
    this.submitter = submitter;
    this.options = options;
  }

  public TaskBuilder<T> cpus(double amount) {
    return resource(Resources.CPU, amount);
  }

  public TaskBuilder<T> gpus(double amount) {
    return resource(Resources.GPU, amount);
  }

  /// For scheduling only: the amount is accounted for, not enforced. Written like `4GiB`.
  public TaskBuilder<T> memory(String size) {
    return resource(Resources.MEMORY, DataSize.parse(size).bytes());
  }

  /// Sets an amount of a resource by name.
  public TaskBuilder<T> resource(String name, double amount) {
    return with(options.withResources(options.resources().with(name, amount)));
  }

  public TaskBuilder<T> retries(int count) {
    return with(options.withRetries(count));
  }

  /// Retries these exceptions of user code too, and their subclasses.
  @SafeVarargs
  public final TaskBuilder<T> retryOn(Class<? extends Throwable>... types) {
    return with(options.withRetryOn(List.of(types)));
  }

  public TaskBuilder<T> named(String name) {
    return with(options.withName(name));
  }

  /// Runs it on that node only; it fails when that node is gone.
  public TaskBuilder<T> onNode(NodeId node) {
    return with(options.withNode(node));
  }

  /// Submits the task. See [Manta#submit].
  public ObjectRef<T> submit() {
    return submitter.apply(options);
  }

  private TaskBuilder<T> with(TaskOptions changed) {
    return new TaskBuilder<>(submitter, changed);
  }
}
