package io.manta.actors.internal;

import io.manta.core.CancelOptions;
import io.manta.core.NodeId;
import io.manta.core.TaskId;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.LeaseDemand;
import io.manta.scheduler.LeaseRequest;
import io.manta.scheduler.LeaseTimes;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/// The leases that this process holds on other nodes, and the tasks that it sent there. Work goes
/// where a slot is free; beyond that, only as much is sent ahead as a slot is expected to do in
/// [#AHEAD_NANOS], by what tasks of the same code took before, so that short tasks do not wait for
/// the network and long ones do not queue behind each other.
final class Leases {
  private static final long AHEAD_NANOS = LeaseTimes.AHEAD.toNanos();
  private static final long STUCK_NANOS = LeaseTimes.STUCK.toNanos();

  /// What a task is expected to take whose code never ran. Many of them can be added up.
  private static final long UNKNOWN_NANOS = Duration.ofHours(1).toNanos();

  private static final int MOST_AHEAD = 512;

  private static final class Held {
    private final long id;
    private final NodeId node;
    private final ShapeLeases shape;
    private final int slots;
    private final Map<TaskId, Sent> underWay = new HashMap<>();
    private long expectedNanos;
    private long idleSince = System.nanoTime();
    private boolean recalled;

    Held(long id, NodeId node, ShapeLeases shape, int slots) {
      this.id = id;
      this.node = node;
      this.shape = shape;
      this.slots = slots;
    }
  }

  private record Sent(SubmittedTask task, long expectedNanos) {}

  /// Guarded by itself.
  private static final class ShapeLeases {
    private final Shape shape;
    private final List<Held> held = new ArrayList<>();
    private final LeaseDemand demand;

    ShapeLeases(NodeId holder, Shape shape) {
      this.shape = shape;
      this.demand = new LeaseDemand(holder, shape);
    }
  }

  private record Key(NodeId node, long lease) {}

  /// How tasks reach their routers.
  interface Router {
    void ask(LeaseRequest request);
  }

  private final MantaRuntime runtime;
  private final Router router;
  private final ConcurrentHashMap<Shape, ShapeLeases> shapes = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Key, Held> byId = new ConcurrentHashMap<>();

  /// Whether it is looked soon at what is to be yielded.
  private final AtomicBoolean yields = new AtomicBoolean();

  /// Must not keep the classes of jobs that are over.
  private final Map<Class<?>, Long> durations = Collections.synchronizedMap(new WeakHashMap<>());

  Leases(MantaRuntime runtime, Router router) {
    this.runtime = runtime;
    this.router = router;
  }

  private ShapeLeases leases(Shape shape) {
    return shapes.computeIfAbsent(shape, missing -> new ShapeLeases(runtime.id(), shape));
  }

  /// Work of the shape waits that may run elsewhere.
  void pump(Shape shape) {
    ShapeLeases leases = leases(shape);
    List<Message.RunTask> messages = new ArrayList<>();
    List<NodeId> targets = new ArrayList<>();
    List<SubmittedTask> tasks = new ArrayList<>();
    LeaseRequest request = null;
    synchronized (leases) {
      try {
        while (assign(leases, messages, targets, tasks)) {
          if (messages.size() >= 64) {
            flush(messages, targets, tasks);
          }
        }
      } finally {
        flush(messages, targets, tasks);
      }
      int waiting = runtime.admission().waiting(shape);
      long now = System.nanoTime();
      if (waiting > 0 && leases.demand.isToAsk(now)) {
        AdmissionQueue.Work head = runtime.admission().peek(shape);
        long waited = head == null ? 0 : Math.max(0, now - head.queuedNanos());
        request = leases.demand.ask(waiting, waited, now);
      }
    }
    if (request != null) {
      router.ask(request);
      yieldSoon();
    }
  }

  /// What work of one shape waits for, leases of others may have that nothing waits for.
  private void yieldSoon() {
    if (yields.compareAndSet(false, true)) {
      runtime.timer().later(LeaseTimes.YIELD, this::yieldIdle);
    }
  }

  private void yieldIdle() {
    yields.set(false);
    List<ShapeLeases> waiting =
        shapes.values().stream()
            .filter(leases -> runtime.admission().waiting(leases.shape) > 0)
            .toList();
    if (waiting.isEmpty()) {
      return;
    }
    boolean soon = false;
    for (ShapeLeases leases : shapes.values()) {
      if (!waiting.equals(List.of(leases))) {
        soon |= returnIdle(leases, LeaseTimes.YIELD);
      }
    }
    if (soon) {
      yieldSoon();
    }
  }

  /// Returns the leases that have done nothing for so long, where nothing waits for them.
  ///
  /// @return whether others do nothing, too
  private boolean returnIdle(ShapeLeases leases, Duration kept) {
    boolean others = false;
    synchronized (leases) {
      if (runtime.admission().waiting(leases.shape) > 0) {
        return false;
      }
      long now = System.nanoTime();
      for (Held lease : List.copyOf(leases.held)) {
        boolean idle = lease.underWay.isEmpty();
        if (idle && now - lease.idleSince > kept.toNanos()) {
          leases.demand.withdraw().ifPresent(router::ask);
          giveBack(lease);
        } else {
          others |= idle;
        }
      }
    }
    return others;
  }

  /// A node has changed: there may be room that is not claimed.
  void lookAgain() {
    Collection<NodeView> views = runtime.nodeViews();
    for (ShapeLeases leases : shapes.values()) {
      if (runtime.admission().waiting(leases.shape) > 0
          && Placement.choose(leases.shape, views, Optional.empty()).isPresent()) {
        synchronized (leases) {
          leases.demand.askSoon();
        }
      }
    }
  }

  /// Sends under the lock, so that a lease's return never overtakes its tasks.
  private void flush(
      List<Message.RunTask> messages, List<NodeId> targets, List<SubmittedTask> tasks) {
    for (int i = 0; i < messages.size(); i++) {
      runtime.cluster().send(targets.get(i), messages.get(i));
      if (!tasks.get(i).wanted()) {
        // cancelled meanwhile
        runtime.tasks().cancel(messages.get(i).task(), targets.get(i), CancelOptions.defaults());
      }
    }
    messages.clear();
    targets.clear();
    tasks.clear();
  }

  private boolean assign(
      ShapeLeases leases,
      List<Message.RunTask> messages,
      List<NodeId> targets,
      List<SubmittedTask> tasks) {
    AdmissionQueue.Work head = runtime.admission().peek(leases.shape);
    if (head == null) {
      return false;
    }
    long expected = expectedNanos(head);
    Held best = null;
    for (Held lease : leases.held) {
      if (mayTake(lease, expected) && (best == null || load(lease) < load(best))) {
        best = lease;
      }
    }
    if (best == null) {
      return false;
    }
    AdmissionQueue.Work work = runtime.admission().poll(leases.shape);
    if (!(work instanceof SubmittedTask task)) {
      return work != null;
    }
    try {
      Message.RunTask message =
          new Message.RunTask(
              best.id,
              task.id(),
              task.attempt(),
              task.job(),
              task.name(),
              task.itemLimit(),
              task.isRetriable(),
              task.setting().encode(runtime.codec()),
              task.body().encoded(task.codec()),
              runtime.objects().attach(task.body().refs()));
      best.underWay.put(task.id(), new Sent(task, expected));
      best.expectedNanos += expected;
      task.sentTo(best.node);
      messages.add(message);
      targets.add(best.node);
      tasks.add(task);
    } catch (RuntimeException e) {
      task.failed(Failed.bySystem(e));
    }
    return true;
  }

  private static double load(Held lease) {
    return (double) lease.underWay.size() / lease.slots;
  }

  private static boolean mayTake(Held lease, long expected) {
    if (lease.recalled) {
      return false;
    }
    if (lease.underWay.size() < lease.slots) {
      return true;
    }
    return lease.expectedNanos + expected <= lease.slots * AHEAD_NANOS
        && lease.underWay.size() < MOST_AHEAD;
  }

  private long expectedNanos(AdmissionQueue.Work work) {
    Long known = work instanceof SubmittedTask task ? durations.get(task.body().kind()) : null;
    return known == null ? UNKNOWN_NANOS : known;
  }

  void granted(NodeId node, Message.LeaseGranted message) {
    while (!hold(node, message, leases(message.shape()))) {
      Thread.onSpinWait(); // the shape was forgotten meanwhile
    }
    if (!runtime.cluster().isAlive(node)) {
      nodeGone(node, "its process ended"); // it died before this was known
    }
    runtime
        .callbacks()
        .execute(
            () -> {
              pump(message.shape()); // sends up to all that wait
              yieldIfDrained(message.shape());
            });
  }

  /// @return false when the shape was forgotten since
  private boolean hold(NodeId node, Message.LeaseGranted message, ShapeLeases leases) {
    synchronized (leases) {
      if (shapes.get(leases.shape) != leases) {
        return false;
      }
      var lease = new Held(message.lease(), node, leases, message.slots());
      leases.demand.granted(lease.slots, runtime.admission().waiting(leases.shape));
      leases.held.add(lease);
      byId.put(new Key(node, lease.id), lease);
      return true;
    }
  }

  /// A task that runs elsewhere gave a value.
  void item(NodeId node, Message.TaskItem message) {
    Held lease = byId.get(new Key(node, message.lease()));
    if (lease == null) {
      return;
    }
    Sent sent;
    synchronized (lease.shape) {
      sent = lease.underWay.get(message.task());
    }
    if (sent != null) {
      sent.task.item(message.attempt(), message.index(), message.value());
    }
  }

  void done(NodeId node, Message.TaskDone message) {
    Held lease = byId.get(new Key(node, message.lease()));
    if (lease == null) {
      return;
    }
    Sent sent;
    synchronized (lease.shape) {
      sent = lease.underWay.remove(message.task());
      if (sent != null) {
        lease.expectedNanos -= sent.expectedNanos;
        lease.idleSince = System.nanoTime();
      }
      if (sent != null && message.nanos() > 0) {
        durations.merge(
            sent.task.body().kind(), message.nanos(), (old, now) -> (old * 7 + now) / 8);
      }
    }
    try {
      pump(lease.shape.shape);
      returnIfRecalled(lease);
      yieldIfDrained(lease.shape.shape);
    } finally {
      if (sent != null) {
        ended(sent.task, message.result());
      }
    }
  }

  private void yieldIfDrained(Shape shape) {
    if (runtime.admission().waiting() > 0 && runtime.admission().waiting(shape) == 0) {
      yieldSoon();
    }
  }

  private void ended(SubmittedTask task, Message.Result result) {
    if (result.failed()) {
      // Decoding may have to fetch a class, by way of the thread that this is called on.
      runtime.callbacks().execute(() -> complete(task, result));
    } else {
      complete(task, result);
    }
  }

  private static void complete(SubmittedTask task, Message.Result result) {
    if (!result.failed()) {
      task.succeeded(result.payload());
    } else {
      task.failed(result.failure(task.codec()));
    }
  }

  /// A task did not begin, since the node leaves, is short of memory, or what runs before it takes
  /// much longer than was expected.
  void refused(NodeId node, Message.TaskRefused message) {
    Held lease = byId.get(new Key(node, message.lease()));
    if (lease == null) {
      return;
    }
    Sent sent;
    synchronized (lease.shape) {
      lease.recalled = true;
      sent = lease.underWay.remove(message.task());
      if (sent != null) {
        lease.expectedNanos -= sent.expectedNanos;
      }
      if (sent != null && message.stuck()) {
        durations.merge(sent.task.body().kind(), STUCK_NANOS, Math::max);
      }
    }
    returnIfRecalled(lease);
    if (sent != null) {
      sent.task.refused();
    }
  }

  void recalled(NodeId node, long id) {
    Held lease = byId.get(new Key(node, id));
    if (lease == null) {
      return;
    }
    synchronized (lease.shape) {
      lease.recalled = true;
    }
    returnIfRecalled(lease);
  }

  private void returnIfRecalled(Held lease) {
    synchronized (lease.shape) {
      if (lease.recalled && lease.underWay.isEmpty()) {
        giveBack(lease);
      }
    }
  }

  /// Under the shape's lock.
  private void giveBack(Held lease) {
    lease.recalled = true;
    lease.shape.held.remove(lease);
    byId.remove(new Key(lease.node, lease.id));
    runtime.cluster().send(lease.node, new Message.ReturnLease(lease.id));
  }

  /// Returns what has been idle for a while, and asks no more for what nothing waits for.
  void tick() {
    for (ShapeLeases leases : shapes.values()) {
      synchronized (leases) {
        if (runtime.admission().waiting(leases.shape) == 0) {
          leases.demand.withdraw().ifPresent(router::ask);
        }
      }
      returnIdle(leases, LeaseTimes.LINGER);
      forgetUnused(leases);
    }
  }

  /// A shape that nothing waits for is known again when something does: a job may have many, one
  /// for each placement group.
  private void forgetUnused(ShapeLeases leases) {
    synchronized (leases) {
      if (leases.held.isEmpty() && runtime.admission().waiting(leases.shape) == 0) {
        shapes.remove(leases.shape, leases);
      }
    }
  }

  void nodeGone(NodeId node, String reason) {
    List<SubmittedTask> lost = new ArrayList<>();
    for (ShapeLeases leases : shapes.values()) {
      synchronized (leases) {
        for (Held lease : List.copyOf(leases.held)) {
          if (lease.node.equals(node)) {
            leases.held.remove(lease);
            byId.remove(new Key(node, lease.id));
            lease.underWay.values().forEach(sent -> lost.add(sent.task));
            lease.underWay.clear();
          }
        }
      }
    }
    lost.forEach(task -> task.nodeDied(node, reason));
  }

  /// This runtime is closed: its leases are returned, and the tasks under way will tell nobody.
  void closeAll() {
    List<SubmittedTask> lost = new ArrayList<>();
    for (ShapeLeases leases : shapes.values()) {
      synchronized (leases) {
        for (Held lease : List.copyOf(leases.held)) {
          lease.underWay.values().forEach(sent -> lost.add(sent.task));
          lease.underWay.clear();
          giveBack(lease);
        }
      }
    }
    lost.forEach(SubmittedTask::closed);
  }
}
