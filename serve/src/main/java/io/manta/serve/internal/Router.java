package io.manta.serve.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.ClusterUnavailableException;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.NodeDiedException;
import io.manta.core.ObjectRef;
import io.manta.core.OwnerDiedException;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.serve.internal.LeastLoaded.Member;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Hands calls to the replicas of one deployment: each to the replica that has the fewest calls
/// from here, never more to one than it may have; the rest wait in a queue of bounded length, first
/// come, first served. A replica that died is set aside until it answers again. Safe for use by
/// many threads; nothing here blocks a caller.
///
/// One lock guards the members, the queue and the open calls. It is held for a few steps, whatever
/// the number of replicas or calls, and never while code from elsewhere runs.
final class Router<T> implements AutoCloseable {
  /// A replica by name and, while it is known, where it is.
  private static final class Place<T> {
    private final String name;
    private volatile @Nullable T target;

    private Place(String name) {
      this.name = name;
    }
  }

  /// A call from when it is taken in until it is answered.
  private static final class Call<T, R extends @Nullable Object> {
    private final Function<T, ObjectRef<R>> body;
    private final long deadline;
    private final CompletableFuture<R> result = new CompletableFuture<>();
    private volatile @Nullable ObjectRef<R> ref;

    private Call(Function<T, ObjectRef<R>> body, long deadline) {
      this.body = body;
      this.deadline = deadline;
    }
  }

  private final String deployment;
  private final RouterLimits limits;
  private final Seeker<T> seeker;
  private final Timer timer;
  private final LongSupplier nanoTime;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  private final Object lock = new Object();
  private final LeastLoaded<Place<T>> members;
  private final Deque<Call<T, ?>> waiting = new ArrayDeque<>();

  /// Calls not yet answered, in the order of their deadlines, as all have the same time.
  private final LinkedHashSet<Call<T, ?>> open = new LinkedHashSet<>();

  private boolean timerArmed;
  private boolean closed;

  /// Begins to look for the replicas.
  ///
  /// @param timer runs what is short and never blocks
  /// @param background runs what blocks
  /// @param nanoTime the clock that deadlines are read from
  Router(
      String deployment,
      RouterLimits limits,
      List<String> replicas,
      Connector<T> connector,
      Timer timer,
      Executor background,
      LongSupplier nanoTime) {
    this.deployment = deployment;
    this.limits = limits;
    this.seeker = new Seeker<>(replicas.size(), connector, timer, background, nanoTime);
    this.timer = timer;
    this.nanoTime = nanoTime;
    this.members = new LeastLoaded<>(limits.maxOngoing());
    for (String name : replicas) {
      seek(members.member(new Place<>(name)));
    }
  }

  /// Completes when a first replica has answered.
  CompletionStage<Void> ready() {
    return ready;
  }

  /// Completes when every replica has been gone for a minute.
  CompletionStage<Void> lost() {
    return seeker.lost();
  }

  /// Calls a replica now or when one has room.
  ///
  /// The result fails with [PendingCallsLimitExceededException] at once when the queue is full,
  /// with [GetTimeoutException] when the time is over, and as the call does. A call whose replica
  /// died is made again only where the deployment is idempotent.
  <R extends @Nullable Object> CompletableFuture<R> call(Function<T, ObjectRef<R>> body) {
    var call = new Call<>(body, nanoTime.getAsLong() + limits.timeout().toNanos());
    Member<Place<T>> member;
    synchronized (lock) {
      if (closed) {
        return CompletableFuture.failedFuture(ended());
      }
      member = members.acquire();
      if (member == null) {
        if (waiting.size() >= limits.maxQueued()) {
          return CompletableFuture.failedFuture(full());
        }
        waiting.add(call);
      }
      open.add(call);
      armTimer(call);
    }
    if (member != null) {
      start(call, member);
    }
    return call.result;
  }

  private <R extends @Nullable Object> void start(Call<T, R> call, Member<Place<T>> member) {
    ObjectRef<R> ref;
    try {
      ref = call.body.apply(Objects.requireNonNull(member.value().target));
    } catch (RuntimeException e) {
      finish(call, member, null, e);
      return;
    }
    call.ref = ref;
    if (call.result.isDone()) { // its time was over before there was a ref to cancel
      ref.cancel();
    }
    ref.onComplete((value, failure) -> finish(call, member, value, failure));
  }

  @SuppressWarnings("NullAway") // a null value is one of R's where there is no failure
  private <R extends @Nullable Object> void finish(
      Call<T, R> call, Member<Place<T>> member, @Nullable R value, @Nullable Throwable failure) {
    boolean died = failure != null && died(failure);
    boolean again = false;
    Member<Place<T>> free;
    Call<T, ?> next = null;
    synchronized (lock) {
      if (died && members.leave(member)) {
        seek(member);
      }
      members.release(member);
      if (died && limits.idempotent() && open.contains(call) && !closed) {
        waiting.addFirst(call);
        again = true;
      } else {
        open.remove(call);
      }
      free = waiting.isEmpty() ? null : members.acquire();
      if (free != null) {
        next = waiting.poll();
      }
    }
    if (!again) {
      if (failure == null) {
        call.result.complete(value);
      } else {
        call.result.completeExceptionally(failure);
      }
    }
    if (free != null && next != null) {
      start(next, free);
    }
  }

  private static boolean died(Throwable failure) {
    return failure instanceof ActorDiedException
        || failure instanceof NodeDiedException
        || failure instanceof OwnerDiedException
        || failure instanceof ClusterUnavailableException
        || failure instanceof InfeasibleException;
  }

  /// Looks for a replica until it answers, then lets it have calls.
  private void seek(Member<Place<T>> member) {
    seeker.seek(member.value().name, target -> enter(member, target));
  }

  private void enter(Member<Place<T>> member, T target) {
    var started = new ArrayList<Runnable>();
    synchronized (lock) {
      if (closed) {
        return;
      }
      member.value().target = target;
      members.enter(member);
      Member<Place<T>> free;
      while (!waiting.isEmpty() && (free = members.acquire()) != null) {
        Call<T, ?> next = waiting.remove();
        Member<Place<T>> taken = free;
        started.add(() -> start(next, taken));
      }
    }
    ready.complete(null);
    started.forEach(Runnable::run);
  }

  /// Under the lock.
  private void armTimer(Call<T, ?> first) {
    if (!timerArmed && !closed) {
      timerArmed = true;
      schedule(this::expire, Duration.ofNanos(first.deadline - nanoTime.getAsLong()));
    }
  }

  /// Ends the calls whose time is over.
  private void expire() {
    var late = new ArrayList<Call<T, ?>>();
    synchronized (lock) {
      timerArmed = false;
      long now = nanoTime.getAsLong();
      var calls = open.iterator();
      while (calls.hasNext()) {
        Call<T, ?> call = calls.next();
        if (call.deadline - now > 0) {
          armTimer(call);
          break;
        }
        calls.remove();
        waiting.remove(call);
        late.add(call);
      }
    }
    for (Call<T, ?> call : late) {
      call.result.completeExceptionally(
          new GetTimeoutException(
              "'"
                  + deployment
                  + "' did not answer within "
                  + limits.timeout().toMillis()
                  + " ms; a longer time is set by timeout(...) of the deployment"));
      ObjectRef<?> ref = call.ref;
      if (ref != null) {
        ref.cancel();
      }
    }
  }

  private PendingCallsLimitExceededException full() {
    return new PendingCallsLimitExceededException(
        "'"
            + deployment
            + "' is busy: its replicas have all the requests they may have and "
            + limits.maxQueued()
            + " wait, as many as maxQueued allows; try again later");
  }

  private ActorDiedException ended() {
    return new ActorDiedException(
        ActorDiedException.Reason.STOPPED, "'" + deployment + "' is not served any more");
  }

  /// Under the lock.
  private void schedule(Runnable work, Duration delay) {
    try {
      timer.after(delay, work);
    } catch (RejectedExecutionException e) {
      if (!closed) {
        throw e;
      }
    }
  }

  /// Fails the calls that wait; those that run end as they do.
  @Override
  public void close() {
    seeker.close();
    List<Call<T, ?>> dropped;
    synchronized (lock) {
      closed = true;
      dropped = List.copyOf(waiting);
      waiting.clear();
      dropped.forEach(open::remove);
    }
    dropped.forEach(call -> call.result.completeExceptionally(ended()));
  }

  /// Numbers for people and tests.
  Map<String, Integer> counts() {
    synchronized (lock) {
      return Map.of("open", open.size(), "waiting", waiting.size());
    }
  }
}
