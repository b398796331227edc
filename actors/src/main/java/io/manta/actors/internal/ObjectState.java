package io.manta.actors.internal;

import io.manta.core.CancelOptions;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectLostException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// What a process knows of an object for as long as it can be used there: its value or failure once
/// there, and where that comes from. All refs to the object in the process share it.
final class ObjectState {
  /// Where a value comes from that is made already, or that nobody makes.
  static final Ref.Source NONE = () -> {};

  private static final AtomicIntegerFieldUpdater<ObjectState> USES =
      AtomicIntegerFieldUpdater.newUpdater(ObjectState.class, "uses");

  /// Its id, without an object of its own: many refs may wait.
  private final NodeId owner;

  private final long number;
  private final CompletableFuture<StoredValue> value;

  /// Refs that are not closed, and tasks and calls under way that captured one. Those that became
  /// unreachable without being closed are still counted.
  private volatile int uses;

  private volatile Ref.Source source = NONE;
  private @Nullable CompletableFuture<StoredValue> renewal;
  private volatile Optional<JobId> job = Optional.empty();
  private volatile @Nullable List<SomeOf> waiters;
  private volatile boolean lettingGo;

  ObjectState(ObjectId id) {
    this(id, new CompletableFuture<>());
  }

  ObjectState(ObjectId id, CompletableFuture<StoredValue> value) {
    this.owner = id.owner();
    this.number = id.number();
    this.value = value;
  }

  ObjectId id() {
    return new ObjectId(owner, number);
  }

  CompletableFuture<StoredValue> value() {
    return value;
  }

  Ref.Source source() {
    return source;
  }

  /// Whose classes decode it.
  void readBy(JobId reader) {
    if (job.isEmpty()) {
      job = Optional.of(reader);
    }
  }

  Optional<JobId> reader() {
    return job;
  }

  void madeBy(Ref.Source maker) {
    source = maker;
  }

  void retain() {
    USES.incrementAndGet(this);
  }

  /// @return whether it was in use, and is once more
  boolean tryRetain() {
    return USES.getAndUpdate(this, count -> count > 0 ? count + 1 : count) > 0;
  }

  /// @return whether that was the last use
  boolean release() {
    return USES.decrementAndGet(this) == 0;
  }

  boolean isUsed() {
    return uses > 0;
  }

  boolean isDone() {
    return value.isDone();
  }

  /// @return whether it was not done before
  boolean complete(StoredValue stored) {
    source = NONE;
    return value.complete(stored);
  }

  /// @return whether it was not done before
  boolean fail(MantaException failure) {
    source = NONE;
    return value.completeExceptionally(failure);
  }

  /// A value that is to take the place of one that can't be read any more.
  ///
  /// @param ask has it asked for; called once for all that want it meanwhile
  CompletableFuture<StoredValue> renew(Runnable ask) {
    CompletableFuture<StoredValue> mine;
    synchronized (this) {
      if (renewal != null) {
        return renewal;
      }
      mine = new CompletableFuture<>();
      renewal = mine;
    }
    ask.run();
    return mine;
  }

  private synchronized @Nullable CompletableFuture<StoredValue> endRenewal() {
    CompletableFuture<StoredValue> ended = renewal;
    renewal = null;
    return ended;
  }

  /// Its value came, or another one for it.
  void renewed(StoredValue stored) {
    if (!complete(stored)) {
      value.obtrudeValue(stored);
    }
    CompletableFuture<StoredValue> waiting = endRenewal();
    if (waiting != null) {
      waiting.complete(stored);
    }
  }

  /// No value comes, or no other one.
  void failedLate(MantaException failure) {
    fail(failure);
    CompletableFuture<StoredValue> waiting = endRenewal();
    if (waiting != null) {
      waiting.completeExceptionally(failure);
    }
  }

  /// Whether somebody waits for a value, or for another one.
  synchronized boolean isAwaited() {
    return renewal != null || !value.isDone();
  }

  /// Stops the making of the value.
  ///
  /// @return whether it was not done before
  boolean cancel(CancelOptions options) {
    Ref.Source maker = source;
    if (isDone() || maker == NONE) {
      return false;
    }
    boolean first = maker.isElsewhere() || fail(Failed.cancelled(maker.what(id())));
    maker.cancel(options);
    return first;
  }

  /// Drops the value, which nobody is to read again.
  void drop() {
    value.obtrudeException(wasLetGo());
  }

  /// As [#drop()], while what makes the value goes on.
  void letGo() {
    lettingGo = true;
  }

  /// @throws ObjectLostException when each ref to it was closed before it was done
  void checkKept() {
    if (lettingGo) {
      throw wasLetGo();
    }
  }

  ObjectLostException wasLetGo() {
    return new ObjectLostException(
        id() + " was let go of: each ref to it was closed; close refs later, or keep one");
  }

  /// Calls back on the completing thread, or at once; the callback must be short and not throw.
  void whenDone(BiConsumer<@Nullable StoredValue, @Nullable MantaException> callback) {
    source.request();
    whenDone(value, callback);
  }

  /// Tells the waiter when this is done, once for each time it joined.
  void join(SomeOf waiter) {
    source.request();
    List<SomeOf> others = waiters();
    others.add(waiter);
    if (value.isDone() && others.remove(waiter)) {
      waiter.oneDone();
    }
  }

  /// The waiter waits no more.
  void leave(SomeOf waiter) {
    List<SomeOf> others = waiters;
    if (others != null) {
      others.remove(waiter);
    }
  }

  private List<SomeOf> waiters() {
    List<SomeOf> known = waiters;
    if (known != null) {
      return known;
    }
    synchronized (this) {
      known = waiters;
      if (known == null) {
        var created = new CopyOnWriteArrayList<SomeOf>();
        value.whenComplete((stored, failure) -> tell(created));
        known = created;
        waiters = created;
      }
      return known;
    }
  }

  private static void tell(List<SomeOf> waiters) {
    for (SomeOf waiter : List.copyOf(waiters)) {
      if (waiters.remove(waiter)) {
        waiter.oneDone();
      }
    }
  }

  static void whenDone(
      CompletableFuture<StoredValue> value,
      BiConsumer<@Nullable StoredValue, @Nullable MantaException> callback) {
    value.whenComplete(
        (stored, failure) ->
            Turns.run(
                () -> callback.accept(stored, failure == null ? null : Failed.bySystem(failure))));
  }

  /// The stored value, when done without a failure.
  @Nullable StoredValue peek() {
    return peek(value);
  }

  static @Nullable StoredValue peek(CompletableFuture<StoredValue> value) {
    try {
      return value.getNow(null);
    } catch (CompletionException e) {
      return null; // or it was dropped meanwhile
    }
  }

  /// The failure, when done with one.
  @Nullable MantaException failure() {
    return value.isCompletedExceptionally() ? Failed.bySystem(value.exceptionNow()) : null;
  }
}
