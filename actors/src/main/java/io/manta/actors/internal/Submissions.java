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

/// Takes in what users of a runtime submit. The process of an isolated task hands it on to its
/// node.
interface Submissions {
  <T extends @Nullable Object> ObjectRef<T> submit(RemoteCallable<T> body, TaskOptions options);

  <T extends @Nullable Object> RefStream<T> generate(RemoteGenerator<T> body, TaskOptions options);

  <T extends @Nullable Object> List<ObjectRef<T>> split(
      int count, RemoteCallable<? extends List<T>> body, TaskOptions options);

  <T> ObjectRef<T> put(T value);

  <A extends RemoteActor> ActorHandle<A> create(
      RemoteCallable<A> constructor, ActorOptions options);

  /// The placement groups of this process.
  PlacementGroups groups();

  /// A call on an actor.
  ///
  /// @param method a function of the actor
  <T extends @Nullable Object> ObjectRef<T> call(Handle<?> actor, Object method);

  /// A call whose answer nobody waits for.
  void tell(Handle<?> actor, Object method);

  /// A call that gives many values.
  ///
  /// @param method a function of the actor that gives a [Streaming]
  <T extends @Nullable Object> RefStream<T> stream(Handle<?> actor, Object method, int buffer);

  void kill(Handle<?> actor);

  /// Done when it is dead, with why.
  CompletionStage<ActorDiedException> whenDead(Handle<?> actor);

  /// A line that a task logs.
  void log(TaskContext context, Level level, String text);
}
