package io.manta.actors.internal;

import io.manta.core.ActorOptions;
import io.manta.core.ObjectId;
import io.manta.core.TaskContext;
import io.manta.core.TaskOptions;
import io.manta.core.WaitCycleException;
import io.manta.objects.ValueCodec;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// One run of an isolated task, on the node's side: answers what the task's process asks, in the
/// task's name.
final class ChildRun {
  private final MantaRuntime runtime;
  private final CurrentCall call;
  private final ValueCodec codec;
  private final Payload body;
  private final @Nullable ItemEmitter emitter;
  private final Optional<ChildMessage.Incarnation> incarnation;
  private final @Nullable IsolatedActor actor;
  private final CompletableFuture<Message.Result> outcome = new CompletableFuture<>();

  /// What the task got while it runs, so that it stays.
  private final ConcurrentHashMap<ObjectId, Ref<?>> refs = new ConcurrentHashMap<>();

  /// What was sent to it, for the refs in there.
  private final Queue<Payload> payloads = new ConcurrentLinkedQueue<>();

  private @Nullable ChildProcess process;
  private @Nullable Waiting waiting;
  private boolean cancelled;
  private boolean ended;

  /// @param call what the task is to this node
  /// @param emitter where a generator's values go
  ChildRun(
      MantaRuntime runtime, CurrentCall call, ValueCodec codec, Payload body, ItemEmitter emitter) {
    this(runtime, call, codec, body, emitter, Optional.empty(), null);
  }

  private ChildRun(
      MantaRuntime runtime,
      CurrentCall call,
      ValueCodec codec,
      Payload body,
      @Nullable ItemEmitter emitter,
      Optional<ChildMessage.Incarnation> incarnation,
      @Nullable IsolatedActor actor) {
    this.runtime = runtime;
    this.call = call;
    this.codec = codec;
    this.body = body;
    this.emitter = emitter;
    this.incarnation = incarnation;
    this.actor = actor;
  }

  /// An actor's stay there.
  static ChildRun ofActor(
      MantaRuntime runtime,
      CurrentCall call,
      ValueCodec codec,
      Payload constructor,
      ChildMessage.Incarnation incarnation,
      IsolatedActor actor) {
    return new ChildRun(runtime, call, codec, constructor, null, Optional.of(incarnation), actor);
  }

  ValueCodec codec() {
    return codec;
  }

  /// Answers a request of an actor.
  void answer(long request, ChildMessage.Next next) {
    value(request, next);
  }

  /// Interrupts the call of an actor that was handed over as its so-many-eth.
  void interrupt(long number) {
    send(new ChildMessage.Interrupt(number));
  }

  /// May block, since the jars may have to be fetched.
  private ChildMessage.Run message() {
    return new ChildMessage.Run(
        call.context(),
        body.toWire(),
        call.setting().startUp(),
        runtime.cluster().codecs().jarFiles(call.context().job(), call.setting()),
        incarnation);
  }

  /// Done with how the task ended; fails with an [IsolatedProcessDiedException].
  CompletableFuture<Message.Result> outcome() {
    return outcome;
  }

  /// Starts it there, unless it was cancelled before; false then.
  boolean on(ChildProcess child) {
    ChildMessage.Run message;
    try {
      message = message();
    } catch (RuntimeException | Error e) {
      failed(e);
      return false;
    }
    synchronized (this) {
      if (cancelled) {
        return false;
      }
      process = child;
    }
    child.begin(this, message);
    return true;
  }

  /// Interrupts it, or ends its process.
  void cancel(boolean force) {
    ChildProcess child;
    synchronized (this) {
      cancelled = true;
      child = process;
    }
    if (child == null) {
      outcome.complete(Message.Result.of(Failed.cancelled(call.what())));
    } else if (force) {
      child.kill();
    } else {
      child.send(new ChildMessage.Interrupt(0));
    }
  }

  /// It did not begin.
  void failed(Throwable cause) {
    outcome.complete(Message.Result.of(Failed.of(call.what(), runtime.id(), cause)));
  }

  void died(String how) {
    end(() -> outcome.completeExceptionally(Children.died(call.what(), runtime, how)));
  }

  /// Once the task holds again what it gave back.
  private void end(Runnable completion) {
    synchronized (this) {
      ended = true;
      if (waiting == null) {
        completion.run();
        return;
      }
    }
    runtime
        .callbacks()
        .execute(
            () -> {
              endWait();
              completion.run();
            });
  }

  TaskContext context() {
    return call.context();
  }

  /// Must not block.
  void receive(ChildMessage received) {
    switch (received) {
      case ChildMessage.Done done ->
          runtime
              .callbacks()
              .execute(
                  () -> {
                    Message.Result told = result(done.outcome());
                    end(() -> outcome.complete(told));
                  });
      case ChildMessage.Asked asked ->
          runtime
              .callbacks()
              .execute(
                  () ->
                      ScopedValue.where(CurrentCall.CURRENT, call)
                          .run(() -> answer(asked.request(), asked.question())));
      default -> {
        // that it is ready, which is known
      }
    }
  }

  private void answer(long request, ChildMessage.Question question) {
    try {
      switch (question) {
        case ChildMessage.Fetch fetch -> fetch(request, fetch.object());
        case ChildMessage.FindClass find -> {
          byte[] file = runtime.cluster().codecs().classFile(find.job(), find.name());
          reply(request, new ChildMessage.Outcome(file == null, file == null ? new byte[0] : file));
        }
        case ChildMessage.BeginWait begin -> beginWait(request, begin.object());
        case ChildMessage.EndWait end -> {
          endWait();
          value(request, true);
        }
        case ChildMessage.Submit submit -> {
          TaskOptions options =
              runtime
                  .quotas()
                  .checked(runtime.groups().placed(options(submit.options(), TaskOptions.class)));
          value(request, kept(runtime.tasks().submit(closure(submit.closure()), options)));
        }
        case ChildMessage.Split split -> {
          TaskOptions options =
              runtime
                  .quotas()
                  .checked(runtime.groups().placed(options(split.options(), TaskOptions.class)));
          var parts = runtime.tasks().split(split.count(), closure(split.closure()), options);
          value(request, new ChildMessage.ObjectIds(parts.stream().map(this::kept).toList()));
        }
        case ChildMessage.Create create -> {
          ActorOptions options =
              runtime
                  .quotas()
                  .checked(runtime.groups().placed(options(create.options(), ActorOptions.class)));
          value(request, runtime.actors().create(closure(create.constructor()), options).id());
        }
        case ChildMessage.Kill kill -> {
          runtime.actors().kill(kill.actor());
          value(request, true);
        }
        case ChildMessage.Find find ->
            runtime
                .cluster()
                .findName(find.name())
                .whenComplete(
                    (found, failure) -> {
                      if (failure == null) {
                        value(request, new ChildMessage.Found(found));
                      } else {
                        reply(request, ChildMessage.Outcome.of(failure));
                      }
                    });
        case ChildMessage.Call actor -> {
          Ref<?> ref = actor.answered() ? runtime.newRef() : null;
          runtime
              .actors()
              .client(actor.actor())
              .send(closure(actor.method()), ref, actor.group(), null);
          value(request, ref == null ? true : kept(ref));
        }
        case ChildMessage.Put put -> {
          Ref<?> ref = runtime.newRef();
          ref.complete(runtime.objects().ofChild(put.value()));
          value(request, kept(ref));
        }
        case ChildMessage.Cancel cancel ->
            value(request, ref(cancel.object()).cancel(cancel.options()));
        case ChildMessage.Give give -> {
          if (emitter == null) {
            throw ParentClient.unsupported("a stream");
          }
          emitter.give(runtime.objects().ofChild(give.value()));
          value(request, true);
        }
        case ChildMessage.NextCall next -> {
          if (actor != null) {
            actor.asks(request, next.previous().map(this::result));
          }
        }
        case ChildMessage.End end -> {
          ActorCell cell = call.context().actor().map(runtime.actors()::hosted).orElse(null);
          if (cell != null) {
            cell.endsItself(end.withoutWaiting());
          }
          value(request, true);
        }
        case ChildMessage.Nodes nodes ->
            value(request, new ChildMessage.NodeList(List.copyOf(runtime.nodes())));
      }
    } catch (RuntimeException | Error e) {
      reply(request, ChildMessage.Outcome.of(Failed.bySystem(e)));
    }
  }

  /// What its refs refer to is kept from here on.
  private Message.Result result(ChildMessage.Outcome told) {
    try {
      return new Message.Result(
          told.failed(),
          told.failed() ? Payload.of(told.bytes()) : runtime.objects().ofChild(told.bytes()));
    } catch (RuntimeException | Error e) {
      return Message.Result.of(Failed.bySystem(e));
    }
  }

  private <O> O options(byte[] encoded, Class<O> kind) {
    return kind.cast(java.util.Objects.requireNonNull(codec.decode(encoded), "no options"));
  }

  private void value(long request, Object value) {
    reply(request, new ChildMessage.Outcome(false, runtime.codec().encode(value)));
  }

  private void reply(long request, ChildMessage.Outcome result) {
    send(new ChildMessage.Answer(request, result));
  }

  private void send(ChildMessage sent) {
    ChildProcess child;
    synchronized (this) {
      child = process;
    }
    if (child != null) {
      child.send(sent);
    }
  }

  private Capture closure(ChildMessage.Closure closure) {
    return Capture.of(
        runtime.objects().closureOfChild(closure.bytes()),
        closure.name(),
        closure.refs().stream().<Ref<?>>map(this::ref).toList());
  }

  /// The task has the ref from now on, and may hand it on.
  private ObjectId kept(io.manta.core.ObjectRef<?> ref) {
    refs.put(ref.id(), (Ref<?>) ref);
    runtime.objects().export((Ref<?>) ref);
    return ref.id();
  }

  private Ref<?> ref(ObjectId id) {
    Ref<?> known = refs.get(id);
    return known != null
        ? known
        : refs.computeIfAbsent(
            id, missing -> runtime.objects().receive(missing, call.context().job()));
  }

  private void fetch(long request, ObjectId id) {
    Ref<?> ref = ref(id);
    ref.whenDone(
        (value, failure) -> {
          if (value == null) {
            reply(
                request,
                ChildMessage.Outcome.of(failure == null ? new IllegalStateException() : failure));
          } else {
            runtime.callbacks().execute(() -> replyWith(request, ref, value));
          }
        });
  }

  private void replyWith(long request, Ref<?> ref, StoredValue value) {
    try {
      Payload copy = runtime.objects().inArray(ref.state(), value, ref.codec());
      reply(request, ChildMessage.Outcome.of(sent(copy)));
    } catch (RuntimeException | Error e) {
      reply(request, ChildMessage.Outcome.of(Failed.giving(ref.id(), runtime.id(), e)));
    }
  }

  /// The task may use what the refs in it refer to.
  private Payload sent(Payload payload) {
    if (!payload.ids().isEmpty()) {
      payloads.add(payload);
    }
    return payload;
  }

  /// A wait of the task, as a thread of this node that waits for the same: what the task holds goes
  /// to others, and a wait that can never end is found.
  private final class Waiting {
    private final CountDownLatch over = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Optional<Ref<?>> awaited;

    Waiting(Optional<Ref<?>> awaited) {
      this.awaited = awaited;
    }

    void run(long request) {
      runtime.children().waits(true);
      awaited.ifPresent(call::beginWait);
      call.beforeWait();
      value(request, true);
      try {
        over.await();
      } catch (InterruptedException e) {
        // the wait is to be broken
      }
      WaitCycleException cycle = awaited.isPresent() ? call.endWait() : null;
      if (cycle != null) {
        send(new ChildMessage.BreakWait(String.valueOf(cycle.getMessage())));
        awaitOver();
      }
      call.afterWait();
      runtime.children().waits(false);
      ended.countDown();
    }

    private void awaitOver() {
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    void end() {
      over.countDown();
      try {
        ended.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void beginWait(long request, Optional<ObjectId> object) {
    var begun = new Waiting(object.map(this::ref));
    synchronized (this) {
      if (ended) {
        return;
      }
      waiting = begun;
    }
    begun.run(request);
  }

  /// Blocks until the task has its resources again.
  private void endWait() {
    Waiting begun;
    synchronized (this) {
      begun = waiting;
      waiting = null;
    }
    if (begun != null) {
      begun.end();
    }
  }
}
