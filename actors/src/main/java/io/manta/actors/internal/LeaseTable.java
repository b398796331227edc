package io.manta.actors.internal;

import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import io.manta.core.TaskContext;
import io.manta.core.TaskId;
import io.manta.objects.ValueCodec;
import io.manta.scheduler.LeaseClaims;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The leases that this node granted, and the tasks that run under them. As many tasks as a lease
/// has slots run at once, not counting those that wait for a value, and the others that were sent
/// ahead wait. A lease keeps the resources of its free slots until its holder returns it or dies,
/// but hands them to a task that comes back from a wait.
final class LeaseTable implements LeaseClaims.Granter {
  private static final long STUCK_NANOS = LeaseTimes.STUCK.toNanos();

  private static final class Granted implements LeaseClaims.Lease {
    private final long id;
    private final NodeId holder;
    private final Shape shape;
    private final int slots;
    private final long since = System.nanoTime();
    private final ArrayDeque<Message.RunTask> waiting = new ArrayDeque<>();
    private int running;

    /// Of those that run, how many wait for a value: what they hold went to others.
    private int blocked;

    /// Slots whose resources are taken from the ledger while no task runs in them.
    private int free;

    /// When a task began or ended last.
    private long progressNanos = since;

    private boolean ending;
    private boolean recalled;

    /// Whether the placement group that its tasks are in is removed.
    private boolean gone;

    Granted(long id, LeaseClaims.Claimant claimant, int slots) {
      this.id = id;
      this.holder = claimant.holder();
      this.shape = claimant.shape();
      this.slots = slots;
      this.free = slots;
    }

    @Override
    public LeaseClaims.Claimant claimant() {
      return new LeaseClaims.Claimant(holder, shape);
    }

    @Override
    public long grantedNanos() {
      return since;
    }

    @Override
    public boolean isIdle() {
      return running == 0 && waiting.isEmpty();
    }

    /// Whether tasks wait although a slot is free.
    boolean isStalled() {
      return !waiting.isEmpty() && running - blocked < slots;
    }

    /// Whether tasks that were sent ahead wait for others that take longer than was expected.
    boolean isStuck(long now) {
      return !waiting.isEmpty() && now - progressNanos > STUCK_NANOS;
    }

    /// For how many slots it holds resources.
    int held() {
      return free + running - blocked;
    }
  }

  private final MantaRuntime runtime;
  private final Map<Long, Granted> leases = new HashMap<>();
  private final LeaseClaims claims;
  private long lastId;

  /// How many tasks wait under all leases.
  private int waiting;

  LeaseTable(MantaRuntime runtime) {
    this.runtime = runtime;
    this.claims = new LeaseClaims(runtime.id(), runtime.admission(), System::nanoTime, this);
  }

  /// Not while it leaves or is cordoned, nor who is not known yet: that one asks again.
  @Override
  public boolean serves(NodeId holder) {
    return !runtime.isClosing()
        && !runtime.state().isCordoned()
        && runtime.cluster().isAlive(holder);
  }

  /// A router asks for slots: as many as the ledger admits are granted to the holder now, the
  /// others when their turn comes.
  void reserve(Message.Reserve request) {
    if (serves(request.holder())) {
      var claimant = new LeaseClaims.Claimant(request.holder(), request.shape());
      int granted = claims.ask(claimant, request.slots(), request.waitedNanos());
      if (granted < request.slots()) {
        recall();
      }
    }
  }

  @Override
  public void grant(LeaseClaims.Claimant claimant, int slots) {
    NodeId holder = claimant.holder();
    synchronized (this) {
      var lease = new Granted(++lastId, claimant, slots);
      leases.put(lease.id, lease);
      runtime // under the lock, so that no recall overtakes it
          .cluster()
          .send(holder, new Message.LeaseGranted(lease.id, claimant.shape(), slots));
    }
    if (!runtime.cluster().isAlive(holder)) {
      holderGone(holder); // since it was looked at
    } else if (runtime.isClosing() || runtime.state().isCordoned()) {
      recallAll(); // likewise
    }
  }

  @Override
  public int most(Shape shape) {
    if (!runtime.memory().isShort()) {
      return Integer.MAX_VALUE;
    }
    return runtime.memory().mayTake(shape) ? 1 : 0;
  }

  /// Leases that others wait for are to end, and their free slots go at once. A lease whose task
  /// waits for what one of the others makes would never end.
  void recall() {
    Predicate<LeaseClaims.Lease> ending = claims.ending();
    List<Granted> recalled = new ArrayList<>();
    synchronized (this) {
      for (Granted lease : leases.values()) {
        if (!lease.recalled && ending.test(lease)) {
          lease.recalled = true;
          recalled.add(lease);
        }
      }
    }
    recalled.forEach(this::sendRecall);
    giveBackFree(recalled);
  }

  /// This node is about to leave, or is short of memory: what runs goes on, what has not begun is
  /// to run elsewhere, and nothing more is to come.
  void recallAll() {
    List<Granted> all;
    synchronized (this) {
      all = List.copyOf(leases.values());
      all.forEach(lease -> lease.recalled = true);
    }
    endEarly(all);
  }

  /// A placement group is removed: nothing more is to run in it.
  void groupRemoved(PlacementGroupId group) {
    List<Granted> inGroup;
    synchronized (this) {
      inGroup =
          leases.values().stream()
              .filter(lease -> PlacementGroups.isIn(group, lease.shape.resources()))
              .toList();
      inGroup.forEach(lease -> lease.recalled = true);
      inGroup.forEach(lease -> lease.gone = true);
    }
    endEarly(inGroup);
  }

  private void endEarly(List<Granted> recalled) {
    for (Granted lease : recalled) {
      sendRecall(lease);
      refuseWaiting(lease, false);
    }
  }

  private void refuseWaiting(Granted lease, boolean stuck) {
    List<Message.RunTask> refused;
    synchronized (this) {
      refused = List.copyOf(lease.waiting);
      lease.waiting.clear();
      waiting -= refused.size();
    }
    refused.forEach(task -> refuse(lease.holder, task, stuck));
  }

  private void refuse(NodeId holder, Message.RunTask task, boolean stuck) {
    task.body().close(runtime.objects());
    runtime
        .cluster()
        .send(holder, new Message.TaskRefused(task.lease(), task.task(), task.attempt(), stuck));
  }

  private void sendRecall(Granted lease) {
    runtime.cluster().send(lease.holder, new Message.RecallLease(lease.id));
  }

  void run(NodeId from, Message.RunTask task) {
    Granted lease;
    synchronized (this) {
      boolean takesNone = runtime.isClosing() || runtime.state().isCordoned();
      lease = takesNone ? null : leases.get(task.lease());
      lease = lease == null || lease.gone ? null : lease;
      if (lease != null) {
        lease.progressNanos = lease.isIdle() ? System.nanoTime() : lease.progressNanos;
        lease.waiting.add(task);
        waiting++;
      }
    }
    if (lease == null) {
      refuse(from, task, false);
      return;
    }
    runtime.objects().copyAhead(task.body(), task.attached());
    startWaiting(lease);
    if (runtime.isClosing() || runtime.state().isCordoned() || runtime.memory().isShort()) {
      recallAll(); // since it was looked at above, or as it came after the recall
    }
  }

  /// Starts what waits for a slot or for its resources.
  private void startWaiting(Granted lease) {
    while (true) {
      Execution next;
      synchronized (this) {
        if (!lease.isStalled() || !runtime.memory().mayStart()) {
          return;
        }
        if (lease.free > 0) {
          lease.free--;
        } else if (runtime.admission().hasReturning()
            || !runtime.admission().tryTake(lease.shape)) {
          return;
        }
        next = next(lease);
        if (next == null) {
          lease.free++;
          return;
        }
        lease.running++;
        lease.progressNanos = System.nanoTime();
      }
      runtime.tasks().start(next);
    }
  }

  /// Looks again at what waits, since resources may have become free, and at who wants them back.
  /// What was sent ahead and waits for others that take long may be what those wait for, or could
  /// run elsewhere: it goes back.
  void tick() {
    List<Granted> all;
    List<Granted> stuck;
    long now = System.nanoTime();
    synchronized (this) {
      all = List.copyOf(leases.values());
      stuck = leases.values().stream().filter(lease -> lease.isStuck(now)).toList();
      stuck.forEach(lease -> lease.recalled = true);
    }
    stuck.forEach(lease -> refuseWaiting(lease, true));
    startStalled(all);
  }

  /// Gives the resources of free slots back: a task that waited for a value goes on with them.
  void reclaim() {
    List<Granted> all;
    synchronized (this) {
      all = List.copyOf(leases.values());
    }
    giveBackFree(all);
  }

  private void giveBackFree(List<Granted> some) {
    Map<Shape, Integer> reclaimed = new HashMap<>();
    synchronized (this) {
      for (Granted lease : some) {
        if (lease.free > 0) {
          reclaimed.merge(lease.shape, lease.free, Integer::sum);
          lease.free = 0;
        }
      }
    }
    reclaimed.forEach(
        (shape, slots) -> runtime.admission().giveBack(shape.job(), shape.resources(), slots));
  }

  private void blocked(Granted lease, boolean begins) {
    synchronized (this) {
      lease.blocked += begins ? 1 : -1;
    }
    if (begins) {
      startWaiting(lease);
      giveBackFree(List.of(lease)); // what it waits for may need them
    }
  }

  /// The next that waits; null when none does. The holder is told of those that can't begin.
  private @Nullable Execution next(Granted lease) {
    Message.RunTask task;
    while ((task = lease.waiting.poll()) != null) {
      waiting--;
      try {
        return execution(lease, task);
      } catch (RuntimeException e) {
        Message.RunTask failed = task;
        runtime.callbacks().execute(() -> notBegun(lease, failed, Failed.bySystem(e)));
      }
    }
    return null;
  }

  private Execution execution(Granted lease, Message.RunTask task) {
    Resources held = lease.shape.resources();
    Setting setting = Setting.decode(task.setting(), runtime.codec());
    var context =
        new TaskContext(
            task.task(),
            task.attempt(),
            runtime.id(),
            task.job(),
            task.name(),
            Optional.empty(),
            runtime.admission().ledger().gpus(held),
            setting.workingFolder());
    ValueCodec codec = runtime.cluster().codecs().codec(task.job(), setting);
    return runtime
        .tasks()
        .execution(
            new Attempt(
                context,
                codec,
                Capture.of(task.body(), task.name()),
                task.itemLimit(),
                held,
                setting,
                task.retriable()),
            new Leased(lease, task, codec));
  }

  /// Tells the holder how a task ended.
  private final class Leased implements Execution.Outcome {
    private final Granted lease;
    private final Message.RunTask task;
    private final ValueCodec codec;
    private long ranNanos;

    Leased(Granted lease, Message.RunTask task, ValueCodec codec) {
      this.lease = lease;
      this.task = task;
      this.codec = codec;
    }

    @Override
    public boolean wanted() {
      return !runtime.isOrphaned(task.job(), task.task().owner());
    }

    @Override
    public @Nullable Execution released(long nanos) {
      ranNanos = nanos;
      task.body().close(runtime.objects());
      return finished(lease);
    }

    @Override
    public void waiting(boolean begins) {
      blocked(lease, begins);
    }

    @Override
    public void item(long index, StoredValue value) {
      tell(
          new Message.TaskItem(
              lease.id,
              task.task(),
              task.attempt(),
              index,
              runtime.objects().payload(value, codec)));
    }

    @Override
    public void succeeded(StoredValue value) {
      done(Message.Result.of(runtime.objects().payload(value, codec)));
    }

    @Override
    public void failed(MantaException failure) {
      done(Message.Result.of(failure));
    }

    private void done(Message.Result result) {
      tell(new Message.TaskDone(lease.id, task.task(), task.attempt(), ranNanos, result));
    }

    /// Not once the runtime is closed: whatever comes then may come of that, and the holder runs
    /// the task again elsewhere.
    private void tell(Message message) {
      if (!runtime.isClosed()) {
        runtime.cluster().send(lease.holder, message);
      }
    }
  }

  private @Nullable Execution finished(Granted lease) {
    boolean surplus;
    boolean othersWait;
    synchronized (this) {
      lease.progressNanos = System.nanoTime();
      surplus = runtime.admission().isOwed(lease.shape) || lease.held() > lease.slots;
      Execution next = surplus || !runtime.memory().mayStart() ? null : next(lease);
      if (next != null) {
        return next; // made under the lock: a cancel finds it waiting or running
      }
      surplus |= lease.blocked > 0 || lease.recalled; // somebody waits for a slot to become free
      lease.running--;
      lease.free += surplus ? 0 : 1;
      othersWait = lease.isIdle() && waiting > 0;
    }
    if (surplus) {
      runtime.admission().giveBack(lease.shape.job(), lease.shape.resources());
      startWaiting(lease);
    }
    endIfDone(lease);
    if (othersWait) {
      startStalled(List.of(lease));
    }
    return null;
  }

  /// What was sent ahead under leases that were to end, and lost their slots, goes before leases
  /// that do nothing.
  private void startStalled(List<Granted> idle) {
    List<Granted> stalled;
    synchronized (this) {
      stalled = leases.values().stream().filter(Granted::isStalled).toList();
    }
    if (!stalled.isEmpty() || runtime.admission().hasReturning()) {
      giveBackFree(idle);
      stalled.forEach(this::startWaiting);
    }
  }

  /// Drops a task that waits here, and tells its holder so; true when it did.
  boolean drop(TaskId task) {
    Granted lease = null;
    Message.RunTask dropped = null;
    synchronized (this) {
      for (Granted candidate : leases.values()) {
        for (Message.RunTask waiting : candidate.waiting) {
          if (waiting.task().equals(task)) {
            lease = candidate;
            dropped = waiting;
          }
        }
      }
      if (lease == null || dropped == null) {
        return false;
      }
      lease.waiting.remove(dropped);
      waiting--;
    }
    notBegun(lease, dropped, Failed.cancelled(task.toString()));
    return true;
  }

  /// Not under the lock: what the body captured is freed.
  private void notBegun(Granted lease, Message.RunTask task, MantaException reason) {
    task.body().close(runtime.objects());
    var result = Message.Result.of(reason);
    runtime
        .cluster()
        .send(lease.holder, new Message.TaskDone(lease.id, task.task(), task.attempt(), 0, result));
  }

  void returned(long id) {
    Granted lease;
    synchronized (this) {
      lease = leases.get(id);
      if (lease == null) {
        return;
      }
      lease.ending = true;
    }
    endIfDone(lease);
  }

  private void endIfDone(Granted lease) {
    int free;
    synchronized (this) {
      if (!lease.ending || lease.running > 0 || leases.remove(lease.id) == null) {
        return;
      }
      free = lease.free;
      lease.free = 0; // somebody may be about to reclaim them, too
    }
    runtime.admission().giveBack(lease.shape.job(), lease.shape.resources(), free);
  }

  /// A holder is gone: what it sent ahead is dropped, what runs is cancelled by its job's end.
  void holderGone(NodeId holder) {
    List<Granted> gone = new ArrayList<>();
    List<Message.RunTask> dropped = new ArrayList<>();
    synchronized (this) {
      for (Granted lease : leases.values()) {
        if (lease.holder.equals(holder)) {
          dropped.addAll(lease.waiting);
          waiting -= lease.waiting.size();
          lease.waiting.clear();
          lease.ending = true;
          gone.add(lease);
        }
      }
    }
    gone.forEach(this::endIfDone);
    dropped.forEach(task -> task.body().close(runtime.objects()));
  }
}
