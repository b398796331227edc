package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorOptions;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteGenerator;
import io.manta.core.TaskContext;
import io.manta.core.TaskOptions;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// What users submit becomes this process's own: it owns the refs, and directs the tasks.
record OwnSubmissions(MantaRuntime runtime) implements Submissions {
  @Override
  public <T extends @Nullable Object> ObjectRef<T> submit(
      RemoteCallable<T> body, TaskOptions options) {
    runtime.tasks().backlog().awaitRoom();
    TaskOptions placed = placed(options);
    return runtime.tasks().submit(captured(body, true), placed);
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> generate(
      RemoteGenerator<T> body, TaskOptions options) {
    runtime.tasks().backlog().awaitRoom();
    return runtime.tasks().generate(body, placed(options));
  }

  @Override
  public <T extends @Nullable Object> List<ObjectRef<T>> split(
      int count, RemoteCallable<? extends List<T>> body, TaskOptions options) {
    runtime.tasks().backlog().awaitRoom();
    TaskOptions placed = placed(options);
    return runtime.tasks().split(count, captured(new Closures.Parts<>(count, body), true), placed);
  }

  @Override
  public <T> ObjectRef<T> put(T value) {
    Ref<T> ref = runtime.newRef();
    ref.complete(runtime.objects().store(value, runtime.currentCodec()));
    return ref;
  }

  @Override
  public <A extends RemoteActor> ActorHandle<A> create(
      RemoteCallable<A> constructor, ActorOptions options) {
    ActorOptions placed = runtime.quotas().checked(runtime.groups().placed(options));
    Capture captured = captured(constructor, false);
    ActorTypes.madeBy(constructor).ifPresent(captured::named);
    return runtime.actors().create(captured, placed);
  }

  private TaskOptions placed(TaskOptions options) {
    return runtime.quotas().checked(runtime.groups().placed(options));
  }

  @Override
  public PlacementGroups groups() {
    return runtime.groups();
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> call(Handle<?> actor, Object method) {
    Ref<T> ref = runtime.newRef();
    actor.client().send(captured(method, false), ref, actor.group(), null);
    return ref;
  }

  @Override
  public void tell(Handle<?> actor, Object method) {
    actor.client().send(captured(method, false), null, actor.group(), null);
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> stream(
      Handle<?> actor, Object method, int buffer) {
    Ref<@Nullable Void> end = runtime.objects().internalRef(runtime.currentJob());
    var stream = new ItemStream<T>(runtime, end.job(), limit -> credit(end, limit), end, buffer);
    end.whenDone((value, failure) -> stream.ended(failure));
    stream.begin();
    actor.client().send(captured(method, false), end, actor.group(), stream);
    return stream;
  }

  private static void credit(Ref<?> end, long limit) {
    if (end.source() instanceof Call call) {
      call.credit(limit);
    }
  }

  @Override
  public void kill(Handle<?> actor) {
    runtime.actors().kill(actor.id());
  }

  @Override
  public CompletionStage<ActorDiedException> whenDead(Handle<?> actor) {
    return runtime.actors().whenDead(actor.client());
  }

  @Override
  public void log(TaskContext context, Level level, String text) {
    runtime.taskLogs().log(context, level, text);
  }

  /// @param sharesRefs since a task ends, while an actor may keep what it is given
  private Capture captured(Object closure, boolean sharesRefs) {
    return runtime.objects().capture(closure, runtime.currentCodec(), sharesRefs);
  }
}
