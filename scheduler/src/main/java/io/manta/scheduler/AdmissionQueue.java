package io.manta.scheduler;

import io.manta.core.NodeId;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The work of one process that waits for resources, queued by shape. Work starts as soon as the
/// ledger admits it: in order within a shape, the longest waiting first among shapes. Leases on
/// other nodes take from the same queues with [#poll]. Safe for use by many threads; there is no
/// lock, and work is started on the thread that submits it or that gives resources back.
public final class AdmissionQueue<W extends AdmissionQueue.Work> {
  /// Something that starts once its resources are taken.
  public interface Work {
    Shape shape();

    /// Whether it still is to run; what was cancelled is dropped when its turn comes.
    boolean wanted();

    /// [System#nanoTime] when it was queued.
    long queuedNanos();

    /// Starts it with its resources taken from the ledger. Must not block. When it is over,
    /// [AdmissionQueue#finished] gives them back.
    void start();
  }

  private static final class ShapeQueue<W extends Work> {
    private final Shape shape;
    private final Queue<W> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();

    ShapeQueue(Shape shape) {
      this.shape = shape;
    }

    @Nullable W poll() {
      while (true) {
        W work = waiting.poll();
        if (work == null) {
          return null;
        }
        size.decrementAndGet();
        if (work.wanted()) {
          return work;
        }
      }
    }

    /// Drops what was cancelled from the front.
    boolean hasWanted() {
      W head;
      while ((head = waiting.peek()) != null) {
        if (head.wanted()) {
          return true;
        }
        if (waiting.remove(head)) {
          size.decrementAndGet();
        }
      }
      return false;
    }

    /// How long the first has waited; negative when none waits.
    long age(long now) {
      W head = waiting.peek();
      return head == null ? -1 : Math.max(0, now - head.queuedNanos());
    }
  }

  /// A queue and how old its first was when it was looked at: the next look may find another.
  private record Aged<W extends Work>(ShapeQueue<W> queue, long age) {}

  private final NodeId here;
  private final Map<String, String> labels;
  private final Ledger ledger;
  private final Predicate<Shape> admits;
  private final ConcurrentHashMap<Shape, ShapeQueue<W>> shapes = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Returning> returning = new ConcurrentLinkedQueue<>();

  /// Somebody who gave resources back for a while and wants them again.
  private record Returning(Resources resources, CountDownLatch taken) {}

  private volatile boolean closed;

  /// @param here this process
  /// @param labels of it
  /// @param admits whether this process may start work of a shape now, where its ledger has the
  ///   resources; asked before each start, so it must be quick. A driver's work waits for leases
  ///   only
  public AdmissionQueue(
      NodeId here, Map<String, String> labels, Ledger ledger, Predicate<Shape> admits) {
    this.here = here;
    this.labels = Map.copyOf(labels);
    this.ledger = ledger;
    this.admits = admits;
  }

  public Ledger ledger() {
    return ledger;
  }

  /// Starts the work now, or when its turn comes.
  public void submit(W work) {
    ShapeQueue<W> queue = queue(work.shape());
    queue.size.incrementAndGet();
    queue.waiting.add(work);
    admit(queue);
  }

  /// Work of the shape is over: the next of the shape takes over what it held, or that is given
  /// back.
  ///
  /// @return the next, for the caller to start; null when there is none
  public @Nullable W finished(Shape shape) {
    ShapeQueue<W> queue = queue(shape);
    if (mayAdmit(shape) && returning.isEmpty() && isOldest(queue)) {
      W next = queue.poll();
      if (next != null) {
        return next;
      }
    }
    giveBack(shape.resources());
    return null;
  }

  private boolean isOldest(ShapeQueue<W> queue) {
    long now = System.nanoTime();
    long age = queue.age(now);
    for (ShapeQueue<W> other : shapes.values()) {
      if (other != queue && other.age(now) > age) {
        return false;
      }
    }
    return true;
  }

  /// Gives resources back, and starts what they admit.
  public void giveBack(Resources resources) {
    giveBack(resources, 1);
  }

  /// Gives back what was taken so many times, and starts what that admits.
  public void giveBack(Resources resources, int times) {
    for (int i = 0; i < times; i++) {
      ledger.giveBack(resources);
    }
    if (times > 0) {
      resourcesFreed();
    }
  }

  /// From now on no work starts, whatever becomes free; what waits can still be taken by [#poll].
  public void close() {
    closed = true;
  }

  /// Looks again at what waits.
  public void resourcesFreed() {
    resumeReturning();
    long now = System.nanoTime();
    var ages = new ArrayList<Aged<W>>();
    shapes.values().forEach(queue -> ages.add(new Aged<>(queue, queue.age(now))));
    ages.removeIf(aged -> aged.age < 0);
    ages.sort(Comparator.comparingLong(aged -> -aged.age));
    ages.forEach(aged -> admit(aged.queue));
  }

  /// Takes resources ahead of all work that waits, as soon as they are free.
  ///
  /// @return counts down once they are taken for the caller
  public CountDownLatch take(Resources resources) {
    var wanted = new Returning(resources, new CountDownLatch(1));
    returning.add(wanted);
    resumeReturning();
    return wanted.taken;
  }

  /// Whether somebody waits to take back what it gave for a while.
  public boolean hasReturning() {
    return !returning.isEmpty();
  }

  private void resumeReturning() {
    for (Returning wanted : returning) {
      if (ledger.tryTake(wanted.resources)) {
        if (returning.remove(wanted)) {
          wanted.taken.countDown();
        } else {
          ledger.giveBack(wanted.resources); // another thread took them for it
        }
      }
    }
  }

  private void admit(ShapeQueue<W> queue) {
    while (!queue.waiting.isEmpty()
        && mayAdmit(queue.shape)
        && ledger.tryTake(queue.shape.resources())) {
      W next = queue.poll();
      if (next == null) {
        giveBack(queue.shape.resources()); // whoever looked meanwhile found it taken
        return;
      } else {
        next.start();
      }
    }
  }

  private boolean mayAdmit(Shape shape) {
    return !closed && shape.scheduling().allows(here, labels) && admits.test(shape);
  }

  /// Takes the next work of a shape to run it under a lease; null when none waits.
  public @Nullable W poll(Shape shape) {
    ShapeQueue<W> queue = shapes.get(shape);
    return queue == null ? null : queue.poll();
  }

  /// What [#poll] would take; null when none waits.
  public @Nullable W peek(Shape shape) {
    ShapeQueue<W> queue = shapes.get(shape);
    return queue != null && queue.hasWanted() ? queue.waiting.peek() : null;
  }

  /// How much work of a shape waits; cancelled work counts until its turn comes.
  public int waiting(Shape shape) {
    ShapeQueue<W> queue = shapes.get(shape);
    return queue == null ? 0 : queue.size.get();
  }

  /// The shapes that have work waiting.
  public List<Shape> waitingShapes() {
    return shapes.values().stream()
        .filter(ShapeQueue::hasWanted)
        .map(queue -> queue.shape)
        .toList();
  }

  private ShapeQueue<W> queue(Shape shape) {
    ShapeQueue<W> queue = shapes.get(shape);
    return queue != null ? queue : shapes.computeIfAbsent(shape, ShapeQueue::new);
  }
}
