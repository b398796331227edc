package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectRef;
import io.manta.core.RemoteCallable;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.TaskId;
import io.manta.core.TaskOptions;
import io.manta.objects.ValueCodec;
import io.manta.scheduler.AdmissionQueue;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorRefFactory;
import org.jspecify.annotations.Nullable;

/// Tasks: those that this process submitted, and those that this node runs.
final class Tasks {
  /// One parent creates its children one after another; see `docs/adr/0002` for the number.
  static final int PARENTS = 8;

  private final MantaRuntime runtime;
  private final TaskTable running = new TaskTable();
  private final List<ActorRef> parents;
  private final BiConsumer<TaskId, NodeId> remoteCancel;

  /// @param remoteCancel cancels a task that was sent to another node
  Tasks(MantaRuntime runtime, ActorRefFactory pekko, BiConsumer<TaskId, NodeId> remoteCancel) {
    this.runtime = runtime;
    this.remoteCancel = remoteCancel;
    this.parents =
        IntStream.range(0, PARENTS).mapToObj(i -> pekko.actorOf(TaskActor.Parent.props())).toList();
  }

  <T extends @Nullable Object> ObjectRef<T> submit(RemoteCallable<T> closure, TaskOptions options) {
    Capture body = Capture.of(closure, runtime.currentCodec());
    Ref<T> ref = runtime.newRef();
    var task = new SubmittedTask(runtime, options, body, ref);
    ref.madeBy(task);
    CurrentCall parent = CurrentCall.orNull();
    if (parent != null) {
      parent.addChild(ref);
    }
    for (Ref<?> needed : body.refs()) {
      needed.whenDone(
          (value, failure) -> {
            if (failure != null) {
              ref.fail(failure);
            }
          });
    }
    whenAllDone(
        body.refs(),
        () -> {
          MantaException failure = body.failedRef();
          if (failure != null) {
            ref.fail(failure);
          } else if (!ref.isDone()) {
            task.enqueue();
          }
        });
    return ref;
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
  Execution execution(
      ValueCodec codec,
      TaskContext context,
      Capture body,
      Resources held,
      Execution.Outcome outcome) {
    var holder = new Execution[1];
    holder[0] =
        new Execution(
            runtime, codec, context, body, held, outcome, () -> running.remove(holder[0]));
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

  void cancel(TaskId task, NodeId node) {
    if (node.equals(runtime.id())) {
      running.cancel(task);
    } else {
      remoteCancel.accept(task, node);
    }
  }

  /// Cancels what this process submitted and still waits, and what runs here.
  void cancelAll() {
    for (var shape : runtime.admission().waitingShapes()) {
      AdmissionQueue.Work work;
      while ((work = runtime.admission().poll(shape)) != null) {
        if (work instanceof SubmittedTask task) {
          task.closed();
        }
      }
    }
    running.cancelAll();
  }

  TaskTable running() {
    return running;
  }
}
