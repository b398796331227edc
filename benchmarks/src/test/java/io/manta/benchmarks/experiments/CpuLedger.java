package io.manta.benchmarks.experiments;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Admits tasks of one cpu each: at most `cpus` run at once, the rest wait in order. A task that
/// waits for a value gives its cpu back meanwhile.
final class CpuLedger {
  private sealed interface Entry {
    record Start(Runnable task) implements Entry {}

    record Resume(CompletableFuture<Boolean> waiter) implements Entry {}
  }

  private final Executor threads;
  private final boolean drains;
  private final AtomicInteger free;
  private final ConcurrentLinkedQueue<Entry> resumes = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Entry> starts = new ConcurrentLinkedQueue<>();

  /// `drains`: a thread whose task ended runs the next waiting one itself.
  CpuLedger(int cpus, Executor threads, boolean drains) {
    this.threads = threads;
    this.drains = drains;
    free = new AtomicInteger(cpus);
  }

  void submit(Runnable task) {
    starts.add(new Entry.Start(task));
    admit();
  }

  /// Called in a task: waits without its cpu.
  <T> T await(CompletableFuture<T> value) {
    if (value.isDone()) {
      return value.join();
    }
    release();
    T result = value.join();
    var waiter = new CompletableFuture<Boolean>();
    resumes.add(new Entry.Resume(waiter));
    admit();
    waiter.join();
    return result;
  }

  private void release() {
    free.incrementAndGet();
    admit();
  }

  private void admit() {
    while (!(resumes.isEmpty() && starts.isEmpty()) && take()) {
      Entry next = next();
      if (next == null) {
        free.incrementAndGet();
      } else {
        dispatch(next);
      }
    }
  }

  private void dispatch(Entry entry) {
    switch (entry) {
      case Entry.Start(Runnable task) -> threads.execute(() -> run(task));
      case Entry.Resume(var waiter) -> waiter.complete(true);
    }
  }

  private void run(Runnable first) {
    first.run();
    while (drains) {
      switch (next()) {
        case Entry.Start(Runnable task) -> task.run();
        case Entry.Resume(var waiter) -> {
          waiter.complete(true);
          return;
        }
        case null -> {
          release();
          return;
        }
      }
    }
    release();
  }

  private boolean take() {
    int now = free.get();
    while (now > 0) {
      if (free.compareAndSet(now, now - 1)) {
        return true;
      }
      now = free.get();
    }
    return false;
  }

  private @Nullable Entry next() {
    Entry resume = resumes.poll();
    return resume != null ? resume : starts.poll();
  }
}
