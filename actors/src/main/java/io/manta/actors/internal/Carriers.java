package io.manta.actors.internal;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps virtual threads alive beside user code that spins. They are not time-sliced: whoever spins
/// holds a carrier until it ends. There are as many carriers as the node has cpus, for the work
/// that declares them, and as many more as the machine has cores, for all else. A monitor probes
/// whether a new virtual thread gets to run; when it does not, there is one carrier more for each
/// call that spins, and the operating system slices among them. See `docs/adr/0002`.
///
/// The number of carriers belongs to the whole JVM; it is raised here and set back on close.
final class Carriers implements AutoCloseable {
  /// What user code is run for.
  enum Kind {
    TASK(""),
    CALL("a call on {} has run for {}, and keeps later ones waiting; it is at {}"),
    START(
        "the start of {} has taken {}, and keeps what it was placed with and its calls waiting;"
            + " it is at {}; startTimeout(...) bounds a start"),
    STOP("onStop of {} has run for {}, and keeps what the actor holds; it is at {}"),
    HAND_OVER("handOver of {} has run for {}, and keeps its calls waiting; it is at {}"),
    /// Of an actor that is dead.
    OVER("");

    /// Of what runs for long; empty for none.
    private final String warning;

    Kind(String warning) {
      this.warning = warning;
    }
  }

  /// User code that runs now.
  interface Running {
    String what();

    boolean declaresCpu();

    default Kind kind() {
      return Kind.TASK;
    }

    /// [System#nanoTime] when it began.
    long startedNanos();

    /// Null when it is over.
    @Nullable Thread runningThread();

    /// Where its code is.
    default String place() {
      Thread thread = runningThread();
      return thread == null ? "its end" : Carriers.place(thread);
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(Carriers.class);
  private static final long TICK_NANOS = Duration.ofMillis(10).toNanos();
  private static final long LATE_NANOS = Duration.ofMillis(15).toNanos();
  private static final long IDLE_NANOS = Duration.ofSeconds(2).toNanos();
  private static final int MOST = 256;

  private final @Nullable VirtualThreadSchedulerMXBean scheduler;

  /// The runtimes of this JVM, which share its carriers.
  private static final Set<Carriers> ALL = ConcurrentHashMap.newKeySet();

  private static final int CORES = Runtime.getRuntime().availableProcessors();

  private final int cpus;
  private final int before;
  private final long warnNanos;
  private final Thread monitor;
  private final Set<Running> running = ConcurrentHashMap.newKeySet();

  /// Samples in a row that found a call on a carrier; only the monitor touches it.
  private final Map<Running, Integer> spinning = new ConcurrentHashMap<>();

  private final Set<Running> warned = ConcurrentHashMap.newKeySet();
  private final Set<Running> slow = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  private volatile boolean parked;
  private volatile long lastWork = System.nanoTime();
  private volatile long probeSent;
  private volatile boolean probeRan = true;

  Carriers(double cpus, Duration spinWarning) {
    this.scheduler = ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    this.cpus = (int) Math.ceil(cpus);
    this.warnNanos = spinWarning.toNanos();
    this.before = scheduler == null ? CORES : scheduler.getParallelism();
    if (scheduler == null) {
      LOG.warn(
          "this JVM has no VirtualThreadSchedulerMXBean (module jdk.management): user code that"
              + " spins can delay other calls; start it with"
              + " -Djdk.virtualThreadScheduler.parallelism={}",
          needed());
    }
    ALL.add(this);
    raise(Math.max(before, needed()));
    this.monitor = Thread.ofPlatform().daemon().name("manta-carriers").start(this::watch);
  }

  void entered(Running call) {
    running.add(call);
    if (parked) {
      lastWork = System.nanoTime();
      LockSupport.unpark(monitor);
    }
  }

  /// Names calls and starts of actors that have run for long; each once. To be called now and then.
  void warnOfSlow(Duration limit) {
    long now = System.nanoTime();
    slow.retainAll(running);
    for (Running call : running) {
      Thread thread = call.runningThread();
      long nanos = now - call.startedNanos();
      String warning = call.kind().warning;
      if (!warning.isEmpty() && thread != null && nanos > limit.toNanos() && slow.add(call)) {
        LOG.warn(warning, call.what(), Durations.text(Duration.ofNanos(nanos)), call.place());
      }
    }
  }

  /// Where the user's code in a thread is, which may wait in that of Java or of this library.
  static String place(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    return Arrays.stream(stack)
        .filter(frame -> isUsers(frame.getClassName()))
        .findFirst()
        .or(() -> Arrays.stream(stack).findFirst())
        .map(StackTraceElement::toString)
        .orElse("an unknown place");
  }

  private static boolean isUsers(String type) {
    boolean javas = type.startsWith("java.") || type.startsWith("jdk.") || type.startsWith("sun.");
    return !javas && !(type.startsWith("io.manta.") && type.contains(".internal."));
  }

  void left(Running call) {
    running.remove(call);
  }

  private void watch() {
    while (!closed) {
      long now = System.nanoTime();
      if (!running.isEmpty()) {
        lastWork = now;
      }
      if (now - lastWork > IDLE_NANOS) {
        parked = true;
        if (running.isEmpty()) {
          LockSupport.park(this);
        }
        parked = false;
        continue;
      }
      LockSupport.parkNanos(this, TICK_NANOS);
      try {
        tick(System.nanoTime());
      } catch (RuntimeException | Error e) {
        warn(e);
      }
    }
  }

  private static void warn(Throwable failure) {
    try {
      LOG.warn("the monitor of carriers failed once", failure);
    } catch (OutOfMemoryError e) {
      // it goes on
    }
  }

  private void tick(long now) {
    int spinners = 0;
    for (Running call : running) {
      if (now - call.startedNanos() > TICK_NANOS / 2) {
        spinners += sample(call, now) ? 1 : 0;
      }
    }
    spinning.keySet().retainAll(running);
    warned.retainAll(running);
    if (!probeRan && now - probeSent > LATE_NANOS) {
      if (starved()) {
        raise(Math.max(parallelism() + 1, spinners + CORES));
        Thread.ofPlatform().daemon().name("manta-carriers-signal").start(Carriers::signal);
      }
      return;
    }
    if (probeRan) {
      // With several runtimes in this JVM each sees only its own spinners, so none lowers.
      if (ALL.size() == 1 && parallelism() > Math.max(needed(), spinners + CORES)) {
        raise(Math.max(needed(), spinners + CORES));
      }
      probeRan = false;
      probeSent = now;
      Thread.startVirtualThread(() -> probeRan = true);
    }
  }

  /// A late probe alone may only mean that the machine is busy.
  private boolean starved() {
    return scheduler != null && scheduler.getQueuedVirtualThreadCount() > 0;
  }

  /// The scheduler creates a carrier only when a virtual thread is pushed into a queue that looks
  /// empty; while all carriers were taken the queues filled up. A new thread pushes into another
  /// queue, until one of its own has run.
  private static void signal() {
    var ran = new AtomicBoolean();
    for (int i = 0; i < 1024 && !ran.get(); i++) {
      Thread.startVirtualThread(() -> ran.set(true));
    }
  }

  /// @return whether the call held a carrier at the last samples too
  private boolean sample(Running call, long now) {
    Thread thread = call.runningThread();
    // Of the runnable ones, those that are on a carrier have it in their name.
    if (thread == null
        || thread.getState() != Thread.State.RUNNABLE
        || thread.toString().indexOf('@') < 0) {
      spinning.remove(call);
      return false;
    }
    int samples = spinning.merge(call, 1, Integer::sum);
    if (samples * TICK_NANOS > warnNanos && !call.declaresCpu() && warned.add(call)) {
      LOG.warn(
          "{} declares no cpu and has held one for {} ms without a pause (computing, or in native"
              + " code), at {}; declare cpus for it, so that the scheduler knows",
          call.what(),
          (now - call.startedNanos()) / 1_000_000,
          call.place());
    }
    return samples > 1;
  }

  /// Carriers for all declared cpus of this JVM's runtimes, and for all else.
  private static int needed() {
    return Math.min(MOST, CORES + ALL.stream().mapToInt(runtime -> runtime.cpus).sum());
  }

  private int parallelism() {
    return scheduler == null ? before : scheduler.getParallelism();
  }

  private void raise(int wanted) {
    if (scheduler != null) {
      int bounded = Math.clamp(wanted, 1, MOST);
      if (bounded != scheduler.getParallelism()) {
        try {
          scheduler.setParallelism(bounded);
        } catch (IllegalArgumentException | UnsupportedOperationException e) {
          LOG.warn("the number of carriers can't be set to {}: {}", bounded, e.getMessage());
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(monitor);
    ALL.remove(this);
    raise(ALL.isEmpty() ? before : Math.max(parallelism(), needed()));
  }
}
