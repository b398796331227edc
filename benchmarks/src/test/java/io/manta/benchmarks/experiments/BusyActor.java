package io.manta.benchmarks.experiments;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// An actor that declares no cpus: while it has calls, one virtual thread runs them in order.
final class BusyActor {
  private final ConcurrentLinkedQueue<Runnable> calls = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong begun = new AtomicLong();
  private volatile @Nullable Thread thread;

  void call(Runnable call) {
    calls.add(call);
    if (waiting.getAndIncrement() == 0) {
      Thread.startVirtualThread(this::drain);
    }
  }

  /// The number of calls begun so far: unchanged while one call runs.
  long begun() {
    return begun.get();
  }

  /// Whether a call has begun and holds a carrier at this moment: it computes, or is in native
  /// code. The state alone does not tell, since a thread that waits for a carrier is RUNNABLE too;
  /// a thread's text names its carrier.
  boolean mounted() {
    Thread runner = thread;
    return runner != null
        && runner.getState() == Thread.State.RUNNABLE
        && runner.toString().indexOf('@') >= 0;
  }

  private void drain() {
    thread = Thread.currentThread();
    do {
      begun.incrementAndGet();
      calls.remove().run();
    } while (waiting.decrementAndGet() > 0);
  }
}
