package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.OwnerDiedException;
import io.manta.core.SerializationException;
import io.manta.objects.Failures;
import io.manta.objects.StoredValue;
import io.manta.objects.ValueCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Refs that left this process, and those that it received. A ref enters a table only then; what
/// nobody else knows costs no entry. An exported value is kept until this process ends.
final class Objects {
  /// Values up to this size travel with what refers to them.
  private static final int INLINE_BYTES = 100 * 1024;

  private final MantaRuntime runtime;
  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentHashMap<ObjectId, Ref<?>> exported = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ObjectId, Ref<?>> fetching = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ObjectId, Along> along = new ConcurrentHashMap<>();

  /// A value that came along, and how many tasks and calls that it came with are not over.
  private record Along(Ref<?> ref, int users) {}

  Objects(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  /// @param job whose classes decode the value
  <T extends @Nullable Object> Ref<T> newRef(JobId job) {
    return new Ref<>(new ObjectId(runtime.id(), numbers.incrementAndGet()), runtime, job);
  }

  /// The ref leaves this process, inside a value or closure.
  ObjectId export(Ref<?> ref) {
    if (ref.id().owner().equals(runtime.id())) {
      exported.putIfAbsent(ref.id(), ref);
    }
    return ref.id();
  }

  /// A ref of this process that left it, null when none of that id did.
  @Nullable Ref<?> exported(ObjectId id) {
    return exported.get(id);
  }

  /// A ref that came in.
  Ref<?> receive(ObjectId id, JobId job) {
    if (id.owner().equals(runtime.id())) {
      Ref<?> own = exported.get(id);
      if (own != null) {
        return own;
      }
      Ref<?> gone = new Ref<>(id, runtime, job);
      gone.fail(new OwnerDiedException(id + " is not kept by its owner any more"));
      return gone;
    }
    Along came = along.get(id);
    if (came != null) {
      return came.ref;
    }
    Ref<?> known = fetching.get(id);
    if (known != null) {
      return known;
    }
    Ref<?> ref = new Ref<>(id, runtime, job);
    ref.madeBy(new Fetch(ref));
    return ref;
  }

  /// Values of refs that are done here, small enough to travel along.
  List<Message.Attached> attach(List<Ref<?>> refs) {
    if (refs.isEmpty()) {
      return List.of();
    }
    var attached = new ArrayList<Message.Attached>();
    int bytes = 0;
    for (Ref<?> ref : refs) {
      StoredValue value = ref.peek();
      if (value != null) {
        byte[] encoded = value.toBytes(ref.codec());
        bytes += encoded.length;
        if (bytes > INLINE_BYTES) {
          break;
        }
        attached.add(new Message.Attached(ref.id(), encoded));
      }
    }
    return attached;
  }

  /// Values that came along: refs to them are done when they are decoded next. Until [#forget] they
  /// are found by [#receive].
  void attached(List<Message.Attached> values, JobId job) {
    for (Message.Attached value : values) {
      if (!value.id().owner().equals(runtime.id())) {
        along.compute(
            value.id(),
            (id, known) -> {
              if (known != null) {
                return new Along(known.ref, known.users + 1);
              }
              Ref<?> ref = new Ref<>(id, runtime, job);
              ref.complete(new StoredValue.Encoded(value.bytes()));
              return new Along(ref, 1);
            });
      }
    }
  }

  void forget(List<Message.Attached> values) {
    for (Message.Attached value : values) {
      along.computeIfPresent(
          value.id(),
          (id, known) -> known.users == 1 ? null : new Along(known.ref, known.users - 1));
    }
  }

  /// Asks the owner once, when the value is first wanted.
  private final class Fetch implements Ref.Source {
    private final Ref<?> ref;
    private boolean asked;

    Fetch(Ref<?> ref) {
      this.ref = ref;
    }

    @Override
    public synchronized void request() {
      if (asked) {
        return;
      }
      asked = true;
      NodeId owner = ref.id().owner();
      if (!runtime.cluster().isAlive(owner)) {
        ref.fail(new OwnerDiedException(ref.id() + " is gone with its owner " + owner));
        return;
      }
      fetching.merge(ref.id(), ref, Objects::follow);
      runtime.cluster().send(owner, new Message.FetchObject(ref.id()));
      if (!runtime.cluster().isAlive(owner)) {
        nodeDied(owner); // it died before this was known
      }
    }

    @Override
    public void cancel() {}

    @Override
    public void probe(WaitCycles cycles, Message.WaitProbe probe) {
      cycles.toOwner(probe, ref.id());
    }

    @Override
    public String describe() {
      return "its value is asked of " + ref.id().owner();
    }
  }

  /// Two refs wait for one answer.
  private static Ref<?> follow(Ref<?> first, Ref<?> second) {
    first.whenDone(
        (value, failure) -> {
          if (failure != null) {
            second.fail(failure);
          } else if (value != null) {
            second.complete(value);
          }
        });
    return first;
  }

  /// Another process wants a value of this one.
  void fetch(NodeId asker, ObjectId id) {
    Ref<?> ref = exported.get(id);
    if (ref == null) {
      var gone = new OwnerDiedException(id + " is not kept by its owner any more");
      answer(asker, id, null, gone, runtime.codec());
    } else {
      ref.whenDone((value, failure) -> answer(asker, id, value, failure, ref.codec()));
    }
  }

  private void answer(
      NodeId asker,
      ObjectId id,
      @Nullable StoredValue value,
      @Nullable MantaException failure,
      ValueCodec codec) {
    Message.Result result;
    try {
      result =
          value != null
              ? new Message.Result(false, value.toBytes(codec))
              : new Message.Result(
                  true, Failures.encode(failure == null ? new IllegalStateException() : failure));
    } catch (SerializationException e) {
      var named = Failed.uncopyable(id.toString(), runtime.id(), e);
      result = new Message.Result(true, Failures.encode(named));
    }
    runtime.cluster().send(asker, new Message.ObjectValue(id, result));
  }

  void fetched(Message.ObjectValue message) {
    Ref<?> ref = fetching.remove(message.object());
    if (ref != null) {
      if (message.result().failed()) {
        runtime.callbacks().execute(() -> fail(ref, message.result()));
      } else {
        ref.complete(new StoredValue.Encoded(message.result().bytes()));
      }
    }
  }

  private static void fail(Ref<?> ref, Message.Result result) {
    Throwable failure = Failures.decode(result.bytes(), ref.codec().classes());
    ref.fail(failure instanceof MantaException known ? known : Failed.bySystem(failure));
  }

  void nodeDied(NodeId node) {
    for (Ref<?> ref : List.copyOf(fetching.values())) {
      if (ref.id().owner().equals(node) && !ref.isDone()) {
        fetching.remove(ref.id());
        ref.fail(new OwnerDiedException(ref.id() + " is gone with its owner " + node));
      }
    }
  }

  /// This runtime is closed: no answer will come.
  void closed() {
    for (Ref<?> ref : fetching.values()) {
      ref.fail(
          Failed.cancelled("the fetch of " + ref.id() + ", since " + runtime + " was closed,"));
    }
  }
}
