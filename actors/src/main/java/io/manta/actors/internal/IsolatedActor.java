package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.objects.ValueCodec;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The object of an actor that lives in a process of its own: it is handed one call at a time.
final class IsolatedActor {
  private final MantaRuntime runtime;
  private final ChildRun run;
  private final Consumer<MantaException> died;

  /// The process asks for a call: done with the number of its request.
  private CompletableFuture<Long> asking = new CompletableFuture<>();

  private @Nullable CompletableFuture<Message.Result> answer;

  /// How many calls were handed over; they come one after another.
  private long handed;

  private boolean stops;
  private @Nullable MantaException over;

  /// @param call what the actor is to this node
  /// @param died told when the process ends and was not to
  IsolatedActor(
      MantaRuntime runtime,
      CurrentCall call,
      ValueCodec codec,
      Payload constructor,
      ChildMessage.Incarnation incarnation,
      Consumer<MantaException> died) {
    this.runtime = runtime;
    this.died = died;
    this.run = ChildRun.ofActor(runtime, call, codec, constructor, incarnation, this);
  }

  /// Starts the process and the actor in it; blocks until it has started.
  ///
  /// @throws MantaException when it did not
  void start(ChildProcess.Key key) throws InterruptedException {
    CompletableFuture<Long> first = asking;
    run.outcome()
        .whenComplete(
            (result, failure) -> {
              MantaException reason = failureOf(result, failure);
              first.completeExceptionally(reason);
              ended(reason);
            });
    runtime.children().startAlone(key, run);
    try {
      first.get();
    } catch (ExecutionException e) {
      throw Failed.bySystem(Waits.unwrapped(e));
    } catch (InterruptedException e) {
      kill();
      throw e;
    }
  }

  private MantaException failureOf(Message.@Nullable Result result, @Nullable Throwable failure) {
    if (failure != null) {
      return Failed.bySystem(failure);
    }
    return result != null && result.failed()
        ? result.failure(run.codec())
        : Children.died(run.context().name(), runtime, ", since it was to");
  }

  private void ended(MantaException reason) {
    CompletableFuture<Message.Result> waiting;
    boolean expected;
    synchronized (this) {
      waiting = answer;
      answer = null;
      over = reason;
      expected = stops;
    }
    if (!expected) {
      died.accept(reason); // first, so that its calls fail with that
    }
    if (waiting != null) {
      waiting.completeExceptionally(reason);
    }
  }

  /// The process is ready for a call.
  void asks(long request, Optional<Message.Result> previous) {
    CompletableFuture<Message.Result> waiting;
    CompletableFuture<Long> ready;
    synchronized (this) {
      waiting = answer;
      answer = null;
      ready = asking;
    }
    ready.complete(request);
    if (waiting != null && previous.isPresent()) {
      waiting.complete(previous.get());
    }
  }

  /// Runs a call there; an interrupt is handed on.
  ///
  /// @throws MantaException when the process ends under it
  Message.Result invoke(HostedCall call) {
    Payload body = runtime.objects().closureInArray(call.body().encoded(call.codec()), "a call");
    var result = new CompletableFuture<Message.Result>();
    long number = ++handed;
    hand(new ChildMessage.Next(Optional.of(call.job()), body.toWire()), result);
    while (true) {
      try {
        return result.get();
      } catch (InterruptedException e) {
        run.interrupt(number);
      } catch (ExecutionException e) {
        throw Failed.bySystem(Waits.unwrapped(e));
      }
    }
  }

  private void hand(ChildMessage.Next next, CompletableFuture<Message.Result> result) {
    CompletableFuture<Long> ready;
    synchronized (this) {
      if (over != null) {
        result.completeExceptionally(over);
        return;
      }
      answer = result;
      ready = asking;
      asking = new CompletableFuture<>();
    }
    try {
      run.answer(ready.join(), next);
    } catch (CompletionException e) {
      result.completeExceptionally(Waits.unwrapped(e));
    }
  }

  /// Has it run `onStop` and end; blocks until it has.
  void stop() {
    synchronized (this) {
      stops = true;
    }
    var over = new CompletableFuture<Message.Result>();
    run.outcome()
        .whenComplete(
            (result, failure) -> over.complete(Message.Result.of(Payload.of(new byte[0]))));
    hand(new ChildMessage.Next(Optional.empty(), new byte[0]), over);
    over.handle((result, failure) -> true).join();
  }

  /// Why its process is over, when it is.
  synchronized @Nullable MantaException over() {
    return over;
  }

  void kill() {
    synchronized (this) {
      stops = true;
    }
    run.cancel(true);
  }

  static JobId job(ChildMessage.Next next) {
    return next.job().orElseThrow(() -> new IllegalStateException("it is no call"));
  }
}
