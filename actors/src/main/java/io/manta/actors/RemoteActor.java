package io.manta.actors;

import io.manta.actors.internal.Interleaved;
import io.manta.actors.internal.OwnContext;
import io.manta.actors.internal.durable.Keeping;
import io.manta.objects.NotAValue;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// A stateful object that lives on some node and is called through an [ActorHandle].
///
/// ```java
/// public class Counter extends RemoteActor {
///   private int count;
///   public int increment() { return ++count; }
/// }
/// ```
///
/// Its calls run one at a time unless it was created with more concurrency, and each sees what the
/// ones before it wrote. A subclass is a plain class: its methods can be tested without a runtime,
/// as long as they ask for neither [#self] nor [#context].
@NotAValue(
    "is an actor, which stays where it lives: pass self(), its handle, or copy to local variables what of its fields the lambda needs")
public abstract class RemoteActor {
  private @Nullable ActorContext<?> context;

  protected RemoteActor() {}

  /// Runs once after the constructor and before the first call, also after a restart.
  protected void onStart() throws Exception {}

  /// Runs after [#onStart] of every incarnation but the first.
  ///
  /// @param reason why the one before it ended
  protected void onRestart(String reason) throws Exception {}

  /// Runs once after the last call when the actor stops in order: by [ActorHandle#stop], by
  /// [ActorContext#exit], with its parent, or as its node is closed; not when it or its process is
  /// killed. As a node is closed, its actors have 3 s together to finish their calls and this; then
  /// they are killed, and an `onStop` under way is interrupted. What it throws is logged, and the
  /// actor ends.
  protected void onStop() throws Exception {}

  /// Whether its calls wait for later calls, so that it makes no sense to await them when it stops.
  boolean stopsAtOnce() {
    return false;
  }

  /// Where it keeps its state, if it keeps any.
  void livesOn(Keeping node) {}

  /// Makes its state what is kept of it, when that is not known. Before the start and each call.
  void recover() {}

  /// The runtime, id and handle of this actor.
  ///
  /// @throws IllegalStateException in the constructor and in a plain object
  protected final ActorContext<?> context() {
    if (context == null) {
      throw new IllegalStateException(
          getClass().getName()
              + " has no context: it was not created by manta.actor(...), or asks for it in its"
              + " constructor; use onStart()");
    }
    return context;
  }

  /// A handle to this actor, to give to others.
  @SuppressWarnings("unchecked")
  protected final <A extends RemoteActor> ActorHandle<A> self() {
    return (ActorHandle<A>) context().self();
  }

  /// The same stage, and the actor is free for other calls until it is done; for methods that are
  /// called with [ActorHandle#callAsync] or through an interface. What is chained to it does not
  /// run as a call of the actor, unless [ActorContext#executor] runs it.
  ///
  /// ```java
  /// CompletionStage<Price> price(String item) {
  ///   return interleave(shop.ask(item));
  /// }
  /// ```
  protected static <T extends @Nullable Object> CompletionStage<T> interleave(
      CompletionStage<T> stage) {
    return new Interleaved<>(stage);
  }

  /// Runtime entry points; not for users.
  public static final class Access {
    private Access() {}

    public static void bind(RemoteActor actor, ActorContext<?> context, Keeping keeping) {
      actor.context = context;
      actor.livesOn(keeping);
    }

    public static void recover(RemoteActor actor) {
      actor.recover();
    }

    public static void start(RemoteActor actor) throws Exception {
      actor.onStart();
    }

    public static void restart(RemoteActor actor, String reason) throws Exception {
      actor.onRestart(reason);
    }

    /// Has it stop after the calls that it has.
    public static void stopInOrder(RemoteActor actor) {
      ((OwnContext<?>) actor.context()).stop();
    }

    public static boolean stopsAtOnce(RemoteActor actor) {
      return actor.stopsAtOnce();
    }

    public static void stop(RemoteActor actor) throws Exception {
      actor.onStop();
    }
  }
}
