package io.manta.scheduler;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// All that waits for resources in one process, in a line for each shape. Work starts as soon as
/// the ledger admits it: in order within a line, the most urgent first among lines. The most urgent
/// one that finds too little free has what becomes free held for it, once it has waited for
/// [#HOLD_NANOS]: until then, and of other resources, what is less urgent may go before it. Leases
/// on other nodes take from the same lines with [#poll]. Safe for use by many threads; there is no
/// lock, and work is started on the thread that submits it or that gives resources back.
public final class AdmissionQueue<W extends AdmissionQueue.Work> {
  /// How long the most urgent waits before resources are held for it. Tasks of less than a
  /// millisecond would else be started one by one whenever a larger one waits.
  static final long HOLD_NANOS = Duration.ofMillis(20).toNanos();

  /// With more lines than that those where nothing waited of late are dropped.
  private static final int MOST_LINES = 64;

  private static final long UNUSED_NANOS = Duration.ofSeconds(10).toNanos();

  /// Something that starts once its resources are taken.
  public interface Work {
    Shape shape();

    /// Whether it still is to run; what was cancelled is dropped when its turn comes.
    boolean wanted();

    /// When it was queued, by the clock of the queue.
    long queuedNanos();

    /// How often it asks for the resources of its shape.
    default int times() {
      return 1;
    }

    /// Starts it with its resources taken from the ledger. Must not block. When it is over,
    /// [AdmissionQueue#finished] gives them back.
    void start();
  }

  private static final class Line<W extends Work> {
    private static final int DROPPED = Integer.MIN_VALUE;
    private static final long NEVER_NANOS = Long.MAX_VALUE / 2;

    private final Shape shape;
    private final LongAdder all;
    private final Queue<W> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();
    private volatile long servedNanos;

    /// @param all counts what waits in all lines
    Line(Shape shape, LongAdder all, long now) {
      this.shape = shape;
      this.all = all;
      this.servedNanos = now - NEVER_NANOS;
    }

    /// False when this line was dropped meanwhile.
    boolean add(W work) {
      if (size.getAndUpdate(count -> count < 0 ? count : count + 1) < 0) {
        return false;
      }
      all.increment();
      waiting.add(work);
      return true;
    }

    boolean drop() {
      return size.compareAndSet(0, DROPPED);
    }

    @Nullable W poll() {
      while (true) {
        W work = waiting.poll();
        if (work == null) {
          return null;
        }
        removed();
        if (work.wanted()) {
          return work;
        }
      }
    }

    /// What [#poll] would give; drops what was cancelled before it.
    @Nullable W peek() {
      W head;
      while ((head = waiting.peek()) != null) {
        if (head.wanted()) {
          return head;
        }
        if (waiting.remove(head)) {
          removed();
        }
      }
      return null;
    }

    private void removed() {
      size.decrementAndGet();
      all.decrement();
    }

    /// For how long the first has waited for its turn, while others of its line had theirs or not.
    long waited(W first, long now) {
      return Math.max(0, Math.min(now - first.queuedNanos(), now - servedNanos));
    }
  }

  /// A line as it was when it was looked at: the next look may find another.
  private record Turn<W extends Work>(Line<W> line, long waited, double urgency) {}

  /// Somebody who gave resources back for a while and wants them again.
  private record Returning(JobId job, Resources resources, long sinceNanos, CountDownLatch taken) {}

  private final NodeId here;
  private final Supplier<Map<String, String>> labels;
  private final Ledger ledger;
  private final Predicate<Shape> admits;
  private final QuotaShares quotas;
  private final LongSupplier clock;
  private final ConcurrentHashMap<Shape, Line<W>> lines = new ConcurrentHashMap<>();
  private final LongAdder waiting = new LongAdder();

  /// What work of each job has of this process's resources.
  private final ConcurrentHashMap<JobId, Resources> uses = new ConcurrentHashMap<>();

  private final ConcurrentLinkedQueue<Returning> returning = new ConcurrentLinkedQueue<>();

  /// What is taken by what does not end by itself.
  private final AtomicReference<Resources> settled = new AtomicReference<>(Resources.NONE);

  /// For whom what becomes free is held.
  private volatile @Nullable Line<W> first;

  private volatile boolean closed;

  /// @param here this process
  /// @param labels of it, which may change
  /// @param admits whether this process may start work of a shape now, where its ledger has the
  ///   resources; asked before each start, so it must be quick. A driver's work waits for leases
  ///   only
  /// @param quotas what jobs that have a quota may take here
  /// @param clock nanoseconds, as of [System#nanoTime]
  public AdmissionQueue(
      NodeId here,
      Supplier<Map<String, String>> labels,
      Ledger ledger,
      Predicate<Shape> admits,
      QuotaShares quotas,
      LongSupplier clock) {
    this.here = here;
    this.labels = labels;
    this.ledger = ledger;
    this.admits = admits;
    this.quotas = quotas;
    this.clock = clock;
  }

  /// One of a process whose jobs have no quotas.
  public AdmissionQueue(
      NodeId here,
      Supplier<Map<String, String>> labels,
      Ledger ledger,
      Predicate<Shape> admits,
      LongSupplier clock) {
    this(here, labels, ledger, admits, new QuotaShares(job -> true, job -> {}, clock), clock);
  }

  public Ledger ledger() {
    return ledger;
  }

  /// Starts the work now, or when its turn comes.
  public void submit(W work) {
    admit(add(work));
  }

  /// Queues work behind the others of its shape while one of them is being started, by
  /// [Work#start]: its turn comes after that.
  public void requeue(W work) {
    add(work);
  }

  private Line<W> add(W work) {
    while (true) {
      Line<W> line = line(work.shape());
      if (line.add(work)) {
        return line;
      }
      lines.remove(work.shape(), line); // it was dropped
    }
  }

  /// Takes what a piece of work of the shape asks for, unless it is held for what is more urgent.
  public boolean tryTake(Shape shape) {
    return tryTake(line(shape));
  }

  private boolean tryTake(Line<W> line) {
    Resources asked = line.shape.resources();
    QuotaShare share = quotas.of(line.shape);
    if (share != null && !share.tryTake(asked, false)) {
      wantQuota(line, share);
      return false;
    }
    if (!ledger.tryTake(asked, heldFrom(line))) {
      if (share != null) {
        share.noRoom(asked);
      }
      return false;
    }
    use(line.shape.job(), asked);
    return true;
  }

  /// Asks for as much of the quota as there is room for.
  private void wantQuota(Line<W> line, QuotaShare share) {
    Resources asked = line.shape.resources();
    W head = line.peek();
    if (head == null) {
      return; // who asks takes what there is, or queues
    }
    int most = Math.max(head.times(), line.size.get());
    int count = QuotaShare.fits(ledger.available(), heldFrom(line), asked, most);
    long waited = line.waited(head, clock.getAsLong());
    share.want(asked, count, waited + Urgency.nanos(line.shape.scheduling().priority()), false);
  }

  /// What is not to be taken, since it is held for another line.
  private Resources heldFrom(Line<W> line) {
    Line<W> before = first;
    if (before == null || before == line || before.peek() == null || isStopped(before.shape)) {
      return Resources.NONE;
    }
    return before.shape.resources();
  }

  /// Whether work of a shape waits for the quota of its job, and not for what this node has.
  public boolean isStopped(Shape shape) {
    QuotaShare share = quotas.of(shape);
    return share != null && share.stops(shape.resources());
  }

  /// Work of the shape is over: the next of the shape takes over what it held, or that is given
  /// back.
  ///
  /// @return the next, for the caller to start; null when there is none
  public @Nullable W finished(Shape shape) {
    Line<W> line = line(shape);
    if (mayAdmit(shape) && !isOwed(shape) && isFirst(line)) {
      W next = line.poll();
      if (next != null) {
        line.servedNanos = clock.getAsLong();
        return next;
      }
    }
    giveBack(shape.job(), shape.resources());
    return null;
  }

  private boolean isFirst(Line<W> line) {
    if (lines.size() == 1) {
      return true;
    }
    W head = line.peek();
    if (head == null) {
      return false;
    }
    long now = clock.getAsLong();
    double urgency = urgency(line, line.waited(head, now));
    for (Line<W> other : lines.values()) {
      W before = other == line ? null : other.peek();
      if (before != null
          && urgency(other, other.waited(before, now)) > urgency
          && (other.shape.job().equals(line.shape.job()) || !isStopped(other.shape))) {
        return false;
      }
    }
    return true;
  }

  private double urgency(Line<W> line, long waited) {
    return Urgency.of(
        waited,
        line.shape.scheduling().priority(),
        Urgency.share(uses.getOrDefault(line.shape.job(), Resources.NONE), ledger.total()));
  }

  /// Gives back what work of a job had, and starts what that admits.
  public void giveBack(JobId job, Resources resources) {
    giveBack(job, resources, 1);
  }

  /// Gives back what was taken so many times, and starts what that admits.
  public void giveBack(JobId job, Resources resources, int times) {
    QuotaShare share = quotas.find(job);
    for (int i = 0; i < times; i++) {
      giveUp(job, resources);
      if (share != null) {
        share.giveBack(resources);
      }
    }
    if (times > 0) {
      resourcesFreed();
    }
  }

  /// What was taken for a piece of work is given up for something else that the caller takes next,
  /// before anybody looks at what waits. It still counts for the quota of the job.
  public void giveUp(JobId job, Resources resources) {
    use(job, Resources.NONE.minus(resources));
    ledger.giveBack(resources);
  }

  /// These are taken by what does not end by itself, so nothing waits here for them.
  public void settle(JobId job, Resources resources) {
    settled.updateAndGet(now -> now.plus(resources));
    QuotaShare share = quotas.find(job);
    if (share != null) {
      share.keep(resources);
    }
  }

  /// What had settled is over.
  public void unsettle(JobId job, Resources resources) {
    settled.updateAndGet(now -> now.minus(resources));
    QuotaShare share = quotas.find(job);
    if (share != null) {
      share.keepNoMore(resources);
    }
  }

  /// What is taken by what does not end by itself: actors, and bundles of placement groups.
  public Resources settled() {
    return settled.get().plus(ledger.reserved());
  }

  /// From now on no work starts, whatever becomes free; what waits can still be taken by [#poll].
  public void close() {
    closed = true;
  }

  /// Looks again at what waits.
  public void resourcesFreed() {
    resumeReturning();
    long now = clock.getAsLong();
    var turns = new ArrayList<Turn<W>>();
    for (Line<W> line : lines.values()) {
      W head = line.peek();
      if (head != null) {
        long waited = line.waited(head, now);
        turns.add(new Turn<>(line, waited, urgency(line, waited)));
      }
    }
    turns.sort(Comparator.comparingDouble(turn -> -turn.urgency));
    Line<W> held = null;
    for (Turn<W> turn : turns) {
      if (held == null && turn.waited >= HOLD_NANOS && !isStopped(turn.line.shape)) {
        first = turn.line;
      }
      admit(turn.line);
      if (held == null && turn.waited >= HOLD_NANOS && isToWaitHere(turn.line)) {
        held = turn.line;
      }
    }
    first = held;
    if (lines.size() > MOST_LINES) {
      dropUnused(now);
    }
  }

  private boolean isToWaitHere(Line<W> line) {
    return line.peek() != null && isToWaitHere(line.shape);
  }

  /// Whether work of a shape waits here for what ends by itself, so that its turn comes.
  boolean isToWaitHere(Shape shape) {
    return mayAdmit(shape)
        && !isStopped(shape)
        && ledger.total().cover(shape.resources(), settled());
  }

  private void dropUnused(long now) {
    for (Line<W> line : lines.values()) {
      if (now - line.servedNanos > UNUSED_NANOS && line.drop()) {
        lines.remove(line.shape, line);
      }
    }
  }

  /// Takes resources ahead of all work that waits, as soon as they are free.
  ///
  /// @return counts down once they are taken for the caller
  public CountDownLatch take(JobId job, Resources resources) {
    var wanted = new Returning(job, resources, clock.getAsLong(), new CountDownLatch(1));
    returning.add(wanted);
    resumeReturning();
    return wanted.taken;
  }

  /// Whether somebody waits for room to take back what it gave for a while.
  public boolean hasReturning() {
    if (returning.isEmpty()) {
      return false;
    }
    for (Returning wanted : returning) {
      QuotaShare share = quotas.find(wanted.job);
      if (share == null || !share.isLacking(wanted.resources)) {
        return true;
      }
    }
    return false;
  }

  /// Whether what work of a shape has goes to others first when it is over, rather than to the next
  /// of the shape.
  public boolean isOwed(Shape shape) {
    QuotaShare share = quotas.of(shape);
    return hasReturning() || (share != null && share.isOwed());
  }

  private void resumeReturning() {
    for (Returning wanted : returning) {
      QuotaShare share = quotas.find(wanted.job);
      if (share != null && !share.tryTake(wanted.resources, true)) {
        share.want(wanted.resources, 1, clock.getAsLong() - wanted.sinceNanos, true);
      } else if (ledger.tryTake(wanted.resources) || ledger.isGone(wanted.resources)) {
        // What was taken of a group that is removed since is nothing any more.
        if (returning.remove(wanted)) {
          use(wanted.job, wanted.resources);
          wanted.taken.countDown();
        } else { // another thread took them for it
          ledger.giveBack(wanted.resources);
          if (share != null) {
            share.giveBack(wanted.resources);
          }
        }
      } else if (share != null) {
        share.noRoom(wanted.resources);
      }
    }
  }

  private void admit(Line<W> line) {
    while (!line.waiting.isEmpty() && mayAdmit(line.shape) && tryTake(line)) {
      W next = line.poll();
      if (next == null) {
        giveBack(line.shape.job(), line.shape.resources()); // others found it taken meanwhile
        return;
      }
      line.servedNanos = clock.getAsLong();
      next.start();
    }
  }

  private boolean mayAdmit(Shape shape) {
    return !closed && shape.scheduling().allows(here, labels.get()) && admits.test(shape);
  }

  /// Takes the next work of a shape to run it under a lease; null when none waits.
  public @Nullable W poll(Shape shape) {
    Line<W> line = lines.get(shape);
    return line == null ? null : line.poll();
  }

  /// What [#poll] would take; null when none waits.
  public @Nullable W peek(Shape shape) {
    Line<W> line = lines.get(shape);
    return line == null ? null : line.peek();
  }

  /// How much work of a shape waits; cancelled work counts until its turn comes.
  public int waiting(Shape shape) {
    Line<W> line = lines.get(shape);
    return line == null ? 0 : Math.max(0, line.size.get());
  }

  /// How much work waits in all, about; with cancelled work.
  public long waiting() {
    return waiting.sum();
  }

  /// The shapes that have work waiting.
  public List<Shape> waitingShapes() {
    return lines.values().stream()
        .filter(line -> line.peek() != null)
        .map(line -> line.shape)
        .toList();
  }

  /// Those that wait for room on this node, rather than for the quota of their job.
  public List<Shape> waitingForRoom() {
    return waitingShapes().stream().filter(shape -> !isStopped(shape)).toList();
  }

  /// How many shapes it knows.
  int lines() {
    return lines.size();
  }

  /// What is taken of the bundles of a placement group was taken of the node before.
  private void use(JobId job, Resources amounts) {
    Resources more = amounts.plain();
    if (!more.isEmpty()) {
      uses.compute(
          job,
          (missing, had) -> {
            Resources now = had == null ? more : had.plus(more);
            return now.isEmpty() ? null : now;
          });
    }
  }

  private Line<W> line(Shape shape) {
    Line<W> line = lines.get(shape);
    return line != null
        ? line
        : lines.computeIfAbsent(shape, missing -> new Line<>(shape, waiting, clock.getAsLong()));
  }
}
