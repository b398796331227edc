package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import io.manta.core.ObjectUsage;
import io.manta.core.OwnerDiedException;
import io.manta.core.SerializationException;
import io.manta.objects.Immutability;
import io.manta.objects.StoredValue;
import io.manta.objects.ValueCodec;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Refs that left this process, and those that it received. A ref enters a table only then; what
/// nobody else knows costs no entry.
final class Objects {
  /// Finds states that nobody can use any more.
  static final Cleaner CLEANER =
      Cleaner.create(Thread.ofPlatform().daemon().name("manta-cleaner").factory());

  /// Values up to this size travel with what refers to them.
  private static final int INLINE_BYTES = 100 * 1024;

  private final MantaRuntime runtime;
  private final AtomicLong numbers = new AtomicLong();
  private final OwnedObjects owned;
  private final BorrowedObjects borrowed;

  Objects(MantaRuntime runtime) {
    this.runtime = runtime;
    this.owned = new OwnedObjects(this, runtime);
    this.borrowed = new BorrowedObjects(runtime, Fetch::new);
  }

  /// @param job whose classes decode the value
  <T extends @Nullable Object> Ref<T> newRef(JobId job) {
    var state = new ObjectState(new ObjectId(runtime.id(), numbers.incrementAndGet()));
    state.retain();
    return made(new Ref<>(state, runtime, job));
  }

  private boolean isOwn(ObjectId id) {
    return id.owner().equals(runtime.id());
  }

  /// Takes a value in: as it is when it can be shared, else copied.
  ///
  /// @throws SerializationException naming the path to what can't be copied
  StoredValue store(@Nullable Object value, ValueCodec codec) {
    return Immutability.isImmutableWithoutRefs(value)
        ? new StoredValue.Shared(value)
        : Payload.encode(value, codec).toValue();
  }

  /// The ref is written into a value or closure.
  void export(Ref<?> ref) {
    if (isOwn(ref.id())) {
      owned.export(ref);
    }
  }

  /// A ref was read from a value or closure.
  Ref<?> receive(ObjectId id, JobId job) {
    ObjectState state = isOwn(id) ? open(id) : borrowed.read(id);
    state.readBy(job);
    return made(new Ref<>(state, runtime, job));
  }

  private static <T extends @Nullable Object> Ref<T> made(Ref<T> ref) {
    Scope.made(ref);
    return ref;
  }

  private ObjectState open(ObjectId id) {
    ObjectState kept = owned.open(id.number());
    if (kept != null) {
      return kept;
    }
    var gone = new ObjectState(id);
    gone.retain();
    gone.fail(notKept(id));
    return gone;
  }

  private static ObjectLostException notKept(ObjectId id) {
    return new ObjectLostException(
        id + " is not kept by its owner any more: no process was known to have a ref to it");
  }

  /// What makes an object of this process, if it is not done.
  Ref.Source maker(ObjectId id) {
    ObjectState state = owned.used(id.number());
    return state == null || state.isDone() ? ObjectState.NONE : state.source();
  }

  void release(ObjectState state) {
    if (!state.release()) {
      return;
    }
    ObjectId id = state.id();
    if (!isOwn(id)) {
      borrowed.look(id);
    } else if (owned.kept(id.number()) != null) {
      owned.look(id.number());
    } else {
      free(state.value(), state);
    }
  }

  /// Nobody uses an object of this process any more.
  ///
  /// @param here what is left of it in the hands of those who closed their refs
  void free(CompletableFuture<StoredValue> value, @Nullable ObjectState here) {
    if (value.isDone()
        && !value.isCompletedExceptionally()
        && value.join() instanceof StoredValue.Encoded encoded
        && encoded.held() instanceof Payload payload) {
      payload.close(this);
    }
    if (here != null) {
      here.drop();
    }
  }

  // Messages

  /// A message is about to leave: its receiver borrows what it has refs to.
  void leaves(NodeId to, Message message) {
    for (Payload payload : message.payloads()) {
      if (!payload.ids().isEmpty()) {
        lend(payload.ids(), to);
      }
    }
  }

  private void lend(List<ObjectId> ids, NodeId to) {
    var others = new HashMap<NodeId, List<Message.Loan>>();
    for (ObjectId id : ids) {
      if (isOwn(id)) {
        owned.lend(id.number(), to, 1);
      } else if (!id.owner().equals(to)) {
        others
            .computeIfAbsent(id.owner(), owner -> new ArrayList<>())
            .add(new Message.Loan(id.number(), 1));
      }
    }
    others.forEach((owner, loans) -> runtime.cluster().send(owner, new Message.Lent(to, loans)));
  }

  /// A message came from another process, and is about to be handled.
  void arrives(Message message) {
    for (Payload payload : message.payloads()) {
      if (!payload.ids().isEmpty()) {
        payload.arrived(payload.ids().stream().map(this::arrived).toList());
      }
    }
    for (Message.Attached attached : message.attached()) {
      ObjectState state = isOwn(attached.id()) ? null : borrowed.used(attached.id());
      if (state != null) {
        state.complete(attached.value().toValue());
      }
    }
  }

  private ObjectState arrived(ObjectId id) {
    return isOwn(id) ? open(id) : borrowed.arrived(id);
  }

  void lent(Message.Lent message) {
    for (Message.Loan loan : message.loans()) {
      owned.lend(loan.number(), message.borrower(), loan.count());
    }
  }

  /// Values of refs that are done here, small enough to travel along.
  List<Message.Attached> attach(List<Ref<?>> refs) {
    if (refs.isEmpty()) {
      return List.of();
    }
    var attached = new ArrayList<Message.Attached>();
    int bytes = 0;
    for (Ref<?> ref : refs) {
      StoredValue value = ref.state().peek();
      if (value != null) {
        Payload payload = Payload.of(value, ref.codec());
        bytes += payload.wireSize();
        if (bytes > INLINE_BYTES) {
          break;
        }
        attached.add(new Message.Attached(ref.id(), payload));
      }
    }
    return attached;
  }

  /// Asks the owner once, when the value is first wanted.
  private final class Fetch implements Ref.Source {
    private final ObjectState state;
    private boolean asked;

    Fetch(ObjectState state) {
      this.state = state;
    }

    @Override
    public synchronized void request() {
      if (asked) {
        return;
      }
      asked = true;
      NodeId owner = state.id().owner();
      if (runtime.cluster().isAlive(owner)) {
        runtime.cluster().send(owner, new Message.FetchObject(state.id()));
      }
      if (!runtime.cluster().isAlive(owner)) {
        lost(state);
      }
    }

    @Override
    public void cancel() {}

    @Override
    public void probe(WaitCycles cycles, Message.WaitProbe probe) {
      cycles.toOwner(probe, state.id());
    }

    @Override
    public String describe() {
      return "its value is asked of " + state.id().owner();
    }
  }

  /// Another process wants a value of this one.
  void fetch(NodeId asker, ObjectId id) {
    OwnedObjects.Kept kept = owned.kept(id.number());
    if (kept == null) {
      answer(asker, id, null, notKept(id), runtime.job());
    } else {
      ObjectState.whenDone(
          kept.value(), (value, failure) -> answer(asker, id, value, failure, kept.job()));
    }
  }

  private void answer(
      NodeId asker,
      ObjectId id,
      @Nullable StoredValue value,
      @Nullable MantaException failure,
      JobId job) {
    Message.Result result;
    try {
      result =
          value != null
              ? Message.Result.of(Payload.of(value, runtime.cluster().codec(job)))
              : Message.Result.of(failure == null ? new IllegalStateException() : failure);
    } catch (SerializationException e) {
      result = Message.Result.of(Failed.uncopyable(id.toString(), runtime.id(), e));
    }
    runtime.cluster().send(asker, new Message.ObjectValue(id, result));
  }

  void fetched(Message.ObjectValue message) {
    ObjectState state = borrowed.used(message.object());
    if (state == null) {
      return;
    }
    if (message.result().failed()) {
      runtime.callbacks().execute(() -> fail(state, message.result()));
    } else {
      state.complete(message.result().value());
    }
  }

  private void fail(ObjectState state, Message.Result result) {
    JobId job = state.reader().orElse(runtime.job());
    Throwable failure = runtime.cluster().codec(job).decodeFailure(result.bytes());
    state.fail(failure instanceof MantaException known ? known : Failed.bySystem(failure));
  }

  void nodeDied(NodeId node) {
    owned.processGone(node);
    borrowed.ownerGone(node, Objects::lost);
  }

  private static void lost(ObjectState state) {
    state.fail(
        new OwnerDiedException(state.id() + " is gone with its owner " + state.id().owner()));
  }

  ObjectUsage usage() {
    return new ObjectUsage(owned.size(), borrowed.size());
  }

  /// This runtime is closed: no answer will come.
  void closed() {
    borrowed.forEachPending(
        state ->
            state.fail(
                Failed.cancelled(
                    "the fetch of " + state.id() + ", since " + runtime + " was closed,")));
  }
}
