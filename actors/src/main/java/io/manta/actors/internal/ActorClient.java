package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.ActorId;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.PendingCallsLimitExceededException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What one process knows of one actor, and the calls that it makes on it. Calls leave in the order
/// they were made: one that waits for a ref, or for the actor to be found, holds back those after
/// it. Each call that was sent to another node is answered from there, as not having run if the
/// actor was gone, or ends with that node; until all are, none is sent to where the actor is next.
final class ActorClient {
  /// The way to where the actor lives.
  interface Route {
    NodeId node();

    /// Must not call back, since the client's lock is held.
    ///
    /// @return what is to be run without it
    Runnable send(Call call);

    void cancel(Call call);

    /// The call may give so many values in all.
    void credit(Call call, long values);
  }

  private static final long SEARCH_NANOS = Duration.ofMillis(50).toNanos();
  private static final long MOST_SEARCH_NANOS = Duration.ofSeconds(1).toNanos();

  /// So many calls are handled on the thread that hears of their actor.
  private static final int FEW = 64;

  private static final AtomicLong NUMBERS = new AtomicLong();
  private static final NavigableMap<Long, Call> NONE_HELD = Collections.emptyNavigableMap();

  private final MantaRuntime runtime;
  private final ActorId id;
  private final AtomicInteger pending = new AtomicInteger();

  /// Calls that are held back, by their numbers: in the order in which they were made. A map is
  /// made when one is, and dropped when none is, since there is a client for each actor.
  private NavigableMap<Long, Call> held = NONE_HELD;

  private @Nullable Route route;

  /// Those before it on which calls are still to be answered.
  private List<RemoteRoute> former = List.of();

  private @Nullable ActorDiedException death;
  private @Nullable CompletableFuture<ActorDiedException> whenDead;
  private volatile Message.CallLimits limits =
      Message.CallLimits.DEFAULT; // until its owner has said
  private volatile boolean kept;
  private boolean searchIsDue;
  private boolean found = true;
  private String state = "it is not found yet";
  private long searchedSince;

  ActorClient(MantaRuntime runtime, ActorId id) {
    this.runtime = runtime;
    this.id = id;
  }

  MantaRuntime runtime() {
    return runtime;
  }

  ActorId id() {
    return id;
  }

  void limits(Message.CallLimits told) {
    this.limits = told;
  }

  /// How often a call is repeated whose actor died under it.
  int retries() {
    return limits.retries();
  }

  /// @param ref null when nobody asks for the answer
  /// @param group the concurrency group; empty for none
  /// @param items where the values go that it gives before it is over; null when it gives none
  void send(Capture body, @Nullable Ref<?> ref, String group, @Nullable Items items) {
    int limit = limits.pending();
    if (pending.incrementAndGet() > limit) {
      ends();
      body.close(runtime.objects());
      throw new PendingCallsLimitExceededException(
          id
              + " has "
              + limit
              + " pending calls of this process, as many as it may; wait for some");
    }
    var call = new Call(this, body, ref, group);
    if (items != null) {
      call.gives(items);
    }
    if (ref != null) {
      ref.madeBy(call);
      CurrentCall parent = CurrentCall.orNull();
      if (parent != null && parent.context().actor().isEmpty()) {
        parent.addChild(ref);
      }
    }
    submit(call);
  }

  /// Sends a call, also again: it comes before those that were made after it and are held back.
  void submit(Call call) {
    ActorDiedException dead;
    boolean waits;
    Runnable unlocked = ActorCell.NOTHING;
    synchronized (this) {
      if (call.number() == 0) {
        call.number(NUMBERS.incrementAndGet()); // under the lock, as it is sent in that order
      }
      dead = death;
      waits = !held.isEmpty() || route == null || !call.clear() || !isDrained();
      if (dead == null) {
        if (waits || route instanceof RemoteRoute) {
          keep();
        }
        if (waits) {
          hold(call);
        } else if (route != null) {
          unlocked = route.send(call);
        }
      }
    }
    unlocked.run();
    if (dead != null) {
      call.fail(dead);
    } else if (waits) {
      Tasks.whenAllDone(call.body().refs(), this::flush);
      locate();
    }
  }

  /// Under the lock.
  private void hold(Call call) {
    if (held.isEmpty()) {
      held = new TreeMap<>();
    }
    held.put(call.number(), call);
  }

  /// Under the lock.
  ///
  /// @return whether it was held back
  private boolean letGo(Call call) {
    boolean was = !held.isEmpty() && held.remove(call.number(), call);
    if (held.isEmpty()) {
      held = NONE_HELD;
    }
    return was;
  }

  /// Under the lock. Nothing more is sent that way.
  private void leaveRoute() {
    if (route instanceof RemoteRoute remote) {
      remote.leave();
      if (!remote.isDrained()) {
        var more = new ArrayList<>(former);
        more.add(remote);
        former = List.copyOf(more);
      }
    }
    route = null;
  }

  /// Under the lock.
  ///
  /// @return whether all that was sent on former routes was answered
  private boolean isDrained() {
    if (!former.isEmpty()) {
      former = former.stream().filter(each -> !each.isDrained()).toList();
    }
    return former.isEmpty();
  }

  /// Sends what is held back as far as it may go.
  void flush() {
    var unlocked = new ArrayList<Runnable>();
    synchronized (this) {
      while (!held.isEmpty()
          && route != null
          && held.firstEntry().getValue().ready()
          && isDrained()) {
        Call call = held.firstEntry().getValue();
        letGo(call);
        MantaException cause = call.body().failedRef();
        unlocked.add(cause == null ? route.send(call) : () -> call.failed(cause));
      }
    }
    unlocked.forEach(Runnable::run);
  }

  private void locate() {
    synchronized (this) {
      if (route != null || death != null || !found) {
        return;
      }
      if (searchedSince == 0) {
        searchedSince = System.nanoTime();
      }
      found = false; // until located(...) or lost(...) says otherwise, one search is under way
    }
    runtime.actors().locate(this);
  }

  /// It is to be expected to be found by somebody else; no search is needed.
  synchronized void expectLocation(String why) {
    found = false;
    leaveRoute();
    state = why;
  }

  /// It was found there. Has no effect when it is known to be there: a second route to the same
  /// incarnation would wait for the first to be answered.
  void located(Route there, String where) {
    int waiting;
    synchronized (this) {
      if (death != null
          || (route instanceof RemoteRoute known
              && there instanceof RemoteRoute same
              && known.leadsToSame(same))) {
        return;
      }
      leaveRoute();
      route = there;
      found = true;
      searchedSince = 0;
      state = where;
      waiting = held.size();
    }
    handle(waiting, this::flush);
  }

  /// Many calls are handled by another thread, since this may be the one that receives from all
  /// processes.
  private void handle(int calls, Runnable what) {
    if (calls <= FEW) {
      what.run();
    } else {
      runtime.callbacks().execute(what);
    }
  }

  /// It is not where it was; the next call looks for it.
  synchronized void lost(Route from, String why) {
    if (route == from) {
      leaveRoute();
      found = true;
      state = why;
    }
  }

  /// It is searched again after a while if calls wait then: the longer it was not found, the later.
  void searchLater() {
    long delay;
    synchronized (this) {
      if (searchIsDue) {
        return; // else each answer would begin a series of its own
      }
      searchIsDue = true;
      delay = Math.clamp(searchedNanos() / 4, SEARCH_NANOS, MOST_SEARCH_NANOS);
    }
    runtime.timer().schedule(this::searchIsDue, delay, TimeUnit.NANOSECONDS);
  }

  private void searchIsDue() {
    synchronized (this) {
      searchIsDue = false;
    }
    searchAgain();
  }

  /// It is searched again if calls wait.
  void searchAgain() {
    boolean needed;
    synchronized (this) {
      needed = route == null && death == null && !held.isEmpty();
      found = true;
    }
    if (needed) {
      locate();
    }
  }

  /// For how long it has been looked for without being found.
  synchronized long searchedNanos() {
    return searchedSince == 0 ? 0 : System.nanoTime() - searchedSince;
  }

  synchronized @Nullable Route route() {
    return route;
  }

  /// Those on which calls are still to be answered, beside the present one.
  synchronized List<RemoteRoute> formerRoutes() {
    return former;
  }

  private synchronized List<Route> routes() {
    var routes = new ArrayList<Route>(former);
    if (route != null) {
      routes.add(route);
    }
    return routes;
  }

  /// Where it lives, as far as is known.
  synchronized Optional<NodeId> node() {
    return Optional.ofNullable(route).map(Route::node);
  }

  /// It is dead for good: what was not sent fails, and what is under way unless its answer comes.
  void died(ActorDiedException reason) {
    List<Call> failed;
    List<RemoteRoute> before;
    CompletableFuture<ActorDiedException> told;
    synchronized (this) {
      told = death == null ? whenDead : null;
      death = death == null ? reason : death;
      leaveRoute();
      before = former;
      failed = List.copyOf(held.values());
      held = NONE_HELD;
    }
    handle(failed.size(), () -> failed.forEach(call -> call.failUnsent(reason)));
    before.forEach(each -> each.died(reason));
    releaseIfUnused();
    if (told != null) {
      runtime.callbacks().execute(() -> told.complete(reason));
    }
  }

  /// Done when it is dead for good.
  ///
  /// @param watch called the first time, to have this process told
  CompletableFuture<ActorDiedException> whenDead(Runnable watch) {
    CompletableFuture<ActorDiedException> future;
    synchronized (this) {
      if (whenDead != null) {
        return whenDead;
      }
      future = new CompletableFuture<>();
      whenDead = future;
      if (death != null) {
        future.complete(death);
        return future;
      }
      keep();
    }
    watch.run();
    return future;
  }

  /// Whether somebody waits for its death.
  synchronized boolean isWatched() {
    return whenDead != null && death == null;
  }

  synchronized @Nullable ActorDiedException death() {
    return death;
  }

  void credit(Call call, long values) {
    routes().forEach(each -> each.credit(call, values));
  }

  void ended() {
    ends();
  }

  private void ends() {
    if (pending.decrementAndGet() == 0 && kept) {
      releaseIfUnused();
    }
  }

  /// Under the lock. This may be all that has a call, which it is kept for until none is pending; a
  /// call that waits or runs in this process has its client itself.
  private void keep() {
    if (!kept) {
      kept = true;
      runtime.actors().clients().keep(this);
    }
  }

  private synchronized void releaseIfUnused() {
    if (kept && !isUsed()) {
      kept = false;
      runtime.actors().clients().release(this);
    }
  }

  /// Calls of this process that are not over.
  int pendingCalls() {
    return pending.get();
  }

  /// Whether calls are under way, or somebody waits for its death.
  boolean isUsed() {
    return pending.get() > 0 || isWatched();
  }

  void cancel(Call call) {
    boolean removed;
    synchronized (this) {
      removed = letGo(call);
    }
    if (removed) {
      call.body().close(runtime.objects());
      ends();
      flush(); // those behind it may go now
    } else {
      routes().forEach(each -> each.cancel(call));
    }
  }

  String describe() {
    Actors actors = runtime.actors();
    return "%s%s (%s)"
        .formatted(
            id,
            actors.name(id).map(name -> " '" + name + "'").orElse(""),
            actors.owned().placement().whyUnplaced(id).orElseGet(this::state));
  }

  private synchronized String state() {
    return death != null ? String.valueOf(death.getMessage()) : state;
  }
}
