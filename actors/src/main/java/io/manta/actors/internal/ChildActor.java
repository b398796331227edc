package io.manta.actors.internal;

import io.manta.actors.ActorContext;
import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.actors.TimeSource;
import io.manta.actors.internal.durable.Keeping;
import io.manta.core.ActorId;
import io.manta.core.NodeId;
import io.manta.core.RemoteCallable;
import io.manta.core.TaskContext;
import io.manta.objects.ValueCodec;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An actor in a process of its own: it runs the calls that its node hands it, one after another,
/// and in between what its timers have it do.
final class ChildActor {
  private static final Logger LOG = LoggerFactory.getLogger(ChildActor.class);

  private final MantaRuntime runtime;
  private final ChildHost host;
  private final TaskContext place;
  private final ChildMessage.Incarnation incarnation;
  private final CurrentCall call;
  private final LinkedBlockingQueue<Step> steps = new LinkedBlockingQueue<>();

  /// What runs its calls.
  private final Thread thread = Thread.currentThread();

  /// How many calls have begun, and whether the last of them runs; guarded by this.
  private long begun;

  private boolean running;

  /// The last call that was interrupted; guarded by this.
  private long interrupted;

  private sealed interface Step {}

  private record Called(ChildMessage.Next next) implements Step {}

  private record Own(ActorContext.Action action, Runnable afterwards) implements Step {}

  /// On the thread that is to run its calls.
  ChildActor(
      MantaRuntime runtime,
      ChildHost host,
      CurrentCall call,
      ChildMessage.Incarnation incarnation) {
    this.runtime = runtime;
    this.host = host;
    this.call = call;
    this.place = call.context();
    this.incarnation = incarnation;
  }

  /// Lives until it is to stop.
  void live(RemoteCallable<?> constructor) throws Exception {
    if (!(constructor.call() instanceof RemoteActor actor)) {
      throw new IllegalStateException("the constructor gave no RemoteActor");
    }
    RemoteActor.Access.bind(
        actor,
        new Context<>(),
        Keeping.refused(
            "a durable actor can't be isolated: leave isolated() out, or have it call an isolated one"));
    RemoteActor.Access.recover(actor);
    RemoteActor.Access.start(actor);
    if (incarnation.number() > 1) {
      RemoteActor.Access.restart(actor, incarnation.reason());
    }
    askForCall(Optional.empty());
    while (true) {
      switch (nextStep()) {
        case Own own -> runOwn(own);
        case Called(var next) when next.job().isEmpty() -> {
          RemoteActor.Access.stop(actor);
          return;
        }
        case Called(var next) -> askForCall(Optional.of(perform(actor, next)));
      }
    }
  }

  /// Interrupts a call, also one that has yet to begin; none other.
  synchronized void interrupt(long number) {
    interrupted = Math.max(interrupted, number);
    if (running && number == begun) {
      thread.interrupt();
    }
  }

  private synchronized void begin() {
    begun++;
    running = true;
    if (interrupted >= begun) {
      thread.interrupt();
    }
  }

  private synchronized void end() {
    running = false;
    Thread.interrupted(); // must not leak into the next call
  }

  /// Waits through interrupts, which are for calls.
  private Step nextStep() {
    while (true) {
      try {
        return steps.take();
      } catch (InterruptedException e) {
        LOG.debug("an interrupt came between two calls", e);
      }
    }
  }

  private void askForCall(Optional<ChildMessage.Outcome> previous) {
    Thread.ofVirtual()
        .start(
            () ->
                ScopedValue.where(CurrentCall.CURRENT, call)
                    .run(
                        () ->
                            steps.add(
                                new Called(
                                    (ChildMessage.Next)
                                        host.answer(new ChildMessage.NextCall(previous))))));
  }

  private void runOwn(Own own) {
    try {
      own.action.run();
    } catch (Throwable e) {
      LOG.warn("a timer, or what the executor of {} was given, failed", place.name(), e);
    }
    own.afterwards.run();
  }

  private ChildMessage.Outcome perform(RemoteActor actor, ChildMessage.Next next) {
    ValueCodec codec = host.codec(IsolatedActor.job(next), List.of());
    begin();
    try {
      Object method = Payload.ofWire(next.call()).decode(codec);
      Object result = HostedCall.apply(required(method), actor);
      Object value =
          switch (result) {
            case Later later -> Waits.stage(later.stage());
            case Streaming<?> streaming -> throw ParentClient.unsupported("a stream");
            case null -> null;
            default -> result;
          };
      return ChildMessage.Outcome.of(Payload.encode(value, codec));
    } catch (Throwable e) {
      return ChildMessage.Outcome.of(Failed.of("a call on " + what(actor), place.node(), e));
    } finally {
      end();
    }
  }

  private static Object required(@Nullable Object method) {
    return java.util.Objects.requireNonNull(method, "a call decoded to null");
  }

  private String what(RemoteActor actor) {
    return "actor %s (%s)".formatted(actor.getClass().getSimpleName(), incarnation.actor());
  }

  private final class Context<A extends RemoteActor> extends TimedContext<A> {
    @Override
    public Manta manta() {
      return runtime;
    }

    @Override
    public ActorHandle<A> self() {
      return new Handle<>(incarnation.actor(), runtime);
    }

    @Override
    public ActorId id() {
      return incarnation.actor();
    }

    @Override
    public NodeId node() {
      return place.node();
    }

    @Override
    public int incarnation() {
      return incarnation.number();
    }

    @Override
    TimeSource time() {
      return runtime.time();
    }

    @Override
    void run(Action action, Runnable afterwards) {
      steps.add(new Own(action, afterwards));
    }

    /// When it ends, so does its process.
    @Override
    boolean isEnding() {
      return false;
    }

    @Override
    boolean isOver() {
      return false;
    }

    @Override
    public Executor executor() {
      return command -> run(command::run, () -> {});
    }

    @Override
    public void exit() {
      host.ask(new ChildMessage.End(true));
    }

    @Override
    public void stop() {
      host.ask(new ChildMessage.End(false));
    }
  }
}
