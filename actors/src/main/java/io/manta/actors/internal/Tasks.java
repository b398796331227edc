package io.manta.actors.internal;

import io.manta.core.CancelOptions;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.core.RemoteGenerator;
import io.manta.core.Resources;
import io.manta.core.Scheduling;
import io.manta.core.TaskId;
import io.manta.core.TaskOptions;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Shape;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorRefFactory;
import org.jspecify.annotations.Nullable;

/// Tasks: those that this process submitted, and those that this node runs.
final class Tasks {
  /// One parent creates its children one after another; see `docs/adr/0002` for the number.
  static final int PARENTS = 8;

  private final MantaRuntime runtime;

  /// That of the job that last submitted something.
  private volatile Shape lastDefault;

  private final TaskTable running;
  private final List<ActorRef> parents;
  private final Backlog backlog;
  private final Set<SubmittedTask> backingOff = ConcurrentHashMap.newKeySet();

  Tasks(MantaRuntime runtime, PekkoHost host) {
    this.runtime = runtime;
    this.running = new TaskTable(runtime.idleness());
    this.backlog = new Backlog(runtime, runtime.config().pendingLimit());
    this.lastDefault = defaultShape(runtime.job(), runtime.setting().quota());
    this.parents = runtime.isDriver() ? List.of() : parents(host.actors());
  }

  private static List<ActorRef> parents(ActorRefFactory pekko) {
    return IntStream.range(0, PARENTS)
        .mapToObj(i -> pekko.actorOf(TaskActor.Parent.props()))
        .toList();
  }

  /// What a task with these options asks for: one object for all of a job that have no options, of
  /// which a million may wait.
  ///
  /// @param quota of the job
  Shape shape(JobId job, TaskOptions options, Resources quota) {
    if (options != TaskOptions.defaults()) {
      return new Shape(job, options.resources(), options.scheduling().besidesGroup(), quota);
    }
    Shape last = lastDefault;
    if (!last.job().equals(job)) {
      last = defaultShape(job, quota);
      lastDefault = last;
    }
    return last;
  }

  private static Shape defaultShape(JobId job, Resources quota) {
    return new Shape(job, TaskOptions.defaults().resources(), Scheduling.defaults(), quota);
  }

  <T extends @Nullable Object> ObjectRef<T> submit(Capture body, TaskOptions options) {
    Ref<T> ref = runtime.newRef();
    if (body.isToBeClosed()) {
      ref.whenDone(
          (value, failure) -> {
            if (value == null || Recipe.losable(runtime, value).isEmpty()) {
              body.close(runtime.objects()); // else it may run again
            }
          });
    }
    begin(new SubmittedTask(runtime, options, body, ref), ref);
    return ref;
  }

  /// A task that gives a stream of values.
  <T extends @Nullable Object> RefStream<T> generate(
      RemoteGenerator<T> closure, TaskOptions options) {
    Ref<@Nullable Void> end = runtime.objects().internalRef(runtime.currentJob());
    var task = new SubmittedTask(runtime, options, captured(closure), end);
    var stream = new ItemStream<T>(runtime, task.job(), task::credit, end, options.buffer());
    task.gives(ItemLineage.of(task, end, stream));
    end.whenDone((value, failure) -> stream.ended(failure));
    begin(task, end);
    return stream;
  }

  /// A task that gives a fixed number of results.
  ///
  /// @param parts what gives them
  <T extends @Nullable Object> List<ObjectRef<T>> split(
      int count, Capture parts, TaskOptions options) {
    Ref<@Nullable Void> end = runtime.objects().internalRef(runtime.currentJob());
    var task = new SubmittedTask(runtime, options, parts, end);
    var results = new SplitResult<T>(runtime, task, end, count);
    task.gives(ItemLineage.of(task, end, results));
    end.whenDone((value, failure) -> results.ended(failure));
    begin(task, end);
    return results.refs();
  }

  private Capture captured(Object closure) {
    return runtime.objects().capture(closure, runtime.currentCodec(), true);
  }

  /// Queues a task once what it captured is done.
  ///
  /// @param ref done when it is over
  private void begin(SubmittedTask task, Ref<?> ref) {
    ref.madeBy(task);
    task.options().timeout().ifPresent(task::limit);
    CurrentCall parent = CurrentCall.orNull();
    if (parent != null) {
      parent.addChild(ref);
    }
    task.holds(backlog.add(task.body(), ref));
    List<Ref<?>> captured = task.body().refs();
    for (Ref<?> needed : captured) {
      needed.whenDone(
          (value, failure) -> {
            if (failure != null) {
              ref.fail(failure);
            }
          });
    }
    if (captured.isEmpty()) {
      task.enqueue();
      return;
    }
    backlog.unready();
    whenAllDone(
        captured,
        () -> {
          backlog.ready();
          MantaException failure = task.body().failedRef();
          if (failure != null) {
            ref.fail(failure);
          } else if (!ref.isDone()) {
            task.enqueue();
          }
        });
  }

  /// Calls back once all that are pending now are done.
  static void whenAllDone(List<Ref<?>> refs, Runnable next) {
    if (refs.isEmpty()) {
      next.run();
      return;
    }
    var pending = new AtomicInteger(refs.size());
    for (Ref<?> ref : refs) {
      ref.whenDone(
          (value, failure) -> {
            if (pending.decrementAndGet() == 0) {
              next.run();
            }
          });
    }
  }

  /// An attempt that is to run here, in a short-lived actor; from now on a cancel reaches it.
  Execution execution(Attempt attempt, Execution.Outcome outcome) {
    var holder = new Execution[1];
    holder[0] = new Execution(runtime, attempt, outcome, () -> running.remove(holder[0]));
    running.add(holder[0]);
    return holder[0];
  }

  /// Starts an attempt. Does not block.
  void start(Execution execution) {
    tellParent(execution, false);
  }

  /// The calling thread runs the attempt; it gets its actor all the same.
  void started(Execution execution) {
    tellParent(execution, true);
  }

  private void tellParent(Execution execution, boolean started) {
    int parent = (int) (execution.context().task().number() & (PARENTS - 1));
    parents.get(parent).tell(new TaskActor.Run(execution, started), ActorRef.noSender());
  }

  void cancel(TaskId task, NodeId node, CancelOptions options) {
    if (node.equals(runtime.id())) {
      running.cancel(task, options);
    } else {
      runtime.cluster().send(node, new Message.CancelTask(task, options));
    }
  }

  /// A generator's attempt on that node may give so many values in all.
  void credit(TaskId task, NodeId node, long values) {
    if (node.equals(runtime.id())) {
      running.mayGive(task, values);
    } else {
      runtime.cluster().send(node, new Message.TaskCredit(task, values));
    }
  }

  /// Cancels what runs here, and then what this process submitted and still waits: no task is to go
  /// on with the failure of one that it waits for.
  void cancelAll() {
    runtime.admission().close();
    running.cancelAll();
    for (var shape : runtime.admission().waitingShapes()) {
      AdmissionQueue.Work work;
      while ((work = runtime.admission().poll(shape)) != null) {
        if (work instanceof SubmittedTask task) {
          task.closed();
        }
      }
    }
    backingOff.forEach(SubmittedTask::closed);
  }

  /// A task waits for its retry, in no queue, or does no more.
  void backsOff(SubmittedTask task, boolean begins) {
    if (!begins) {
      backingOff.remove(task);
      return;
    }
    backingOff.add(task);
    if (runtime.isClosed()) {
      task.closed(); // whoever cancelled all may have looked before
    }
  }

  Backlog backlog() {
    return backlog;
  }

  TaskTable running() {
    return running;
  }
}
