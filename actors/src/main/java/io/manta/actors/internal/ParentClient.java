package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.RemoteActor;
import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.ActorOptions;
import io.manta.core.CancelOptions;
import io.manta.core.JobId;
import io.manta.core.Lifetime;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectRef;
import io.manta.core.RefStream;
import io.manta.core.RemoteCallable;
import io.manta.core.RemoteGenerator;
import io.manta.core.TaskContext;
import io.manta.core.TaskOptions;
import io.manta.objects.ValueCodec;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/// What a task in a process of its own submits is handed to its node, which owns it: the values
/// outlive the process.
final class ParentClient implements Submissions {
  private final MantaRuntime runtime;
  private final ChildHost node;

  ParentClient(MantaRuntime runtime, ChildHost node) {
    this.runtime = runtime;
    this.node = node;
  }

  /// @return never; users see what can't be done
  static UnsupportedOperationException unsupported(String what) {
    return new UnsupportedOperationException(
        what
            + " is not possible inside an isolated task or actor; have a task or actor do it that is"
            + " not isolated");
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> submit(
      RemoteCallable<T> body, TaskOptions options) {
    ValueCodec codec = runtime.currentCodec();
    return ref(new ChildMessage.Submit(codec.encode(options), closure(body, codec)));
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> generate(
      RemoteGenerator<T> body, TaskOptions options) {
    throw unsupported("a generator");
  }

  @Override
  public <T extends @Nullable Object> List<ObjectRef<T>> split(
      int count, RemoteCallable<? extends List<T>> body, TaskOptions options) {
    ValueCodec codec = runtime.currentCodec();
    var split =
        new ChildMessage.Split(
            count, codec.encode(options), closure(new Closures.Parts<>(count, body), codec));
    var results = (ChildMessage.ObjectIds) node.answer(split);
    return results.ids().stream().map(this::<T>ref).toList();
  }

  @Override
  public <T> ObjectRef<T> put(T value) {
    ValueCodec codec = runtime.currentCodec();
    return ref(new ChildMessage.Put(Payload.encode(value, codec).toWire()));
  }

  @Override
  public <A extends RemoteActor> ActorHandle<A> create(
      RemoteCallable<A> constructor, ActorOptions options) {
    if (options.lifetime() == Lifetime.HANDLES) {
      throw unsupported("to create an actor that ends with its handles");
    }
    ValueCodec codec = runtime.currentCodec();
    ChildMessage.Closure made = closure(constructor, codec);
    ChildMessage.Closure named =
        ActorTypes.madeBy(constructor)
            .map(type -> new ChildMessage.Closure(type, made.bytes(), made.refs()))
            .orElse(made);
    var create = new ChildMessage.Create(codec.encode(options), named);
    return new Handle<>((ActorId) node.answer(create), runtime);
  }

  @Override
  public PlacementGroups groups() {
    throw unsupported("to create, find, await or remove a placement group");
  }

  @Override
  public <T extends @Nullable Object> ObjectRef<T> call(Handle<?> actor, Object method) {
    return ref(
        new ChildMessage.Call(
            actor.id(), actor.group(), closure(method, runtime.currentCodec()), true));
  }

  @Override
  public void tell(Handle<?> actor, Object method) {
    node.ask(
        new ChildMessage.Call(
            actor.id(), actor.group(), closure(method, runtime.currentCodec()), false));
  }

  @Override
  public void kill(Handle<?> actor) {
    node.ask(new ChildMessage.Kill(actor.id()));
  }

  @Override
  public <T extends @Nullable Object> RefStream<T> stream(
      Handle<?> actor, Object method, int buffer) {
    throw unsupported("a call that gives a stream");
  }

  @Override
  public CompletionStage<ActorDiedException> whenDead(Handle<?> actor) {
    throw unsupported("to wait for the death of an actor");
  }

  @Override
  public void log(TaskContext context, Level level, String text) {
    node.pipe().send(new ChildMessage.Line(level, text));
  }

  private ChildMessage.Closure closure(Object body, ValueCodec codec) {
    Capture captured = Capture.of(body, plain -> Payload.encode(plain, codec), false, true);
    List<ObjectId> refs = captured.refs().stream().map(Ref::id).toList();
    for (ObjectId ref : refs) {
      if (ref.owner().equals(runtime.id())) {
        throw unsupported("to hand on a ref that map or then made");
      }
    }
    return new ChildMessage.Closure(captured.name(), captured.encoded(codec).toWire(), refs);
  }

  private <T extends @Nullable Object> ObjectRef<T> ref(ChildMessage.Question question) {
    return ref((ObjectId) node.answer(question));
  }

  @SuppressWarnings("unchecked")
  private <T extends @Nullable Object> ObjectRef<T> ref(ObjectId id) {
    JobId job = runtime.currentJob();
    Ref<?> ref = runtime.objects().receive(id, job);
    ref.madeBy(new AtNode(id, ref.source()));
    return (Ref<T>) ref;
  }

  /// The node makes the value.
  private final class AtNode implements Ref.Source {
    private final ObjectId id;
    private final Ref.Source fetch;

    AtNode(ObjectId id, Ref.Source fetch) {
      this.id = id;
      this.fetch = fetch;
    }

    @Override
    public void request() {
      fetch.request();
    }

    @Override
    public void cancel() {
      cancel(CancelOptions.defaults());
    }

    @Override
    public void cancel(CancelOptions options) {
      node.ask(new ChildMessage.Cancel(id, options));
    }

    @Override
    public String describe() {
      NodeId owner = id.owner();
      return owner + " has it made";
    }
  }

  /// What the task holds is held by its node.
  final class Held implements CurrentCall.Holding {
    @Override
    public void giveBack(Optional<Ref<?>> awaited) {
      node.ask(new ChildMessage.BeginWait(awaited.map(Ref::id)));
    }

    @Override
    public void takeAgain() {
      node.ask(new ChildMessage.EndWait());
    }

    @Override
    public boolean tellsWaitsApart() {
      return true; // the node looks for waits that can't end
    }
  }
}
