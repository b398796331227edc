package io.manta.benchmarks.experiments;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import jdk.management.VirtualThreadSchedulerMXBean;

/// Sees to it that virtual threads find a carrier: submits a no-op to the scheduler of virtual
/// threads and adds carriers when it has not run in time; gives them back once fewer calls hold
/// one.
final class CarrierMonitor implements AutoCloseable {
  static final VirtualThreadSchedulerMXBean SCHEDULER =
      ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);

  private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(15);
  private static final int MOST_CARRIERS = 256;
  private static final int MOST_AT_ONCE = 32;
  private static final int MOST_NUDGES = 1024;
  private static final int CALM_TICKS = 50;

  private final boolean nudges;
  private final int base = SCHEDULER.getParallelism();
  private final int cores = Runtime.getRuntime().availableProcessors();
  private final List<BusyActor> watched = new CopyOnWriteArrayList<>();
  private final Map<BusyActor, Long> suspects = new ConcurrentHashMap<>();
  private final AtomicBoolean ran = new AtomicBoolean(true);
  private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::watch);
  private volatile boolean closed;
  private volatile int raises;
  private volatile int mostSpinners;

  /// `nudges`: whether it sees to it that the scheduler notices a new number of carriers.
  static CarrierMonitor start(boolean nudges) {
    var monitor = new CarrierMonitor(nudges);
    monitor.thread.start();
    return monitor;
  }

  private CarrierMonitor(boolean nudges) {
    this.nudges = nudges;
  }

  void watch(BusyActor actor) {
    watched.add(actor);
  }

  int raises() {
    return raises;
  }

  /// The largest number of calls ever seen to hold a carrier from one look to the next.
  int mostSpinners() {
    return mostSpinners;
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
  }

  private void watch() {
    long asked = System.nanoTime();
    int calm = 0;
    while (!closed) {
      LockSupport.parkNanos(TICK);
      if (ran.get()) {
        calm++;
        if (calm % CALM_TICKS == 0 && SCHEDULER.getParallelism() > base) {
          lower();
        }
        ran.set(false);
        asked = System.nanoTime();
        Thread.startVirtualThread(() -> ran.set(true));
      } else if (System.nanoTime() - asked > PATIENCE
          && SCHEDULER.getMountedVirtualThreadCount() >= SCHEDULER.getParallelism()) {
        calm = 0;
        raise();
      }
    }
  }

  /// As many carriers more as virtual threads wait for one, within limits: fewer steps than adding
  /// a few each time, each of which takes the operating system a while when every core is busy.
  private void raise() {
    raises = raises() + 1;
    int more = Math.clamp(SCHEDULER.getQueuedVirtualThreadCount(), cores, MOST_AT_ONCE);
    int held = Math.max(SCHEDULER.getParallelism(), SCHEDULER.getMountedVirtualThreadCount());
    SCHEDULER.setParallelism(Math.min(MOST_CARRIERS, held + more));
    spinners();
    if (nudges) {
      Thread.ofPlatform().daemon().start(this::nudge);
    }
  }

  /// Lowers to what the calls that still hold a carrier need, as two looks at the same call showed.
  private void lower() {
    int wanted = Math.min(MOST_CARRIERS, base + spinners());
    if (wanted < SCHEDULER.getParallelism()) {
      SCHEDULER.setParallelism(wanted);
    }
  }

  /// The pool adds a carrier only when a virtual thread enters a submission queue that looked empty
  /// or that has to grow, and each thread enters one by its hash. While all carriers were taken the
  /// queues have filled, so that a single no-op may change nothing: a fresh thread submits until
  /// one ran.
  private void nudge() {
    var nudged = new AtomicBoolean();
    for (int i = 0; i < MOST_NUDGES && !nudged.get(); i++) {
      Thread.startVirtualThread(() -> nudged.set(true));
    }
  }

  private int spinners() {
    int spinning = 0;
    for (BusyActor actor : watched) {
      if (actor.mounted()) {
        Long now = actor.begun();
        if (now.equals(suspects.put(actor, now))) {
          spinning++;
        }
      } else {
        suspects.remove(actor);
      }
    }
    mostSpinners = Math.max(mostSpinners, spinning);
    return spinning;
  }
}
