package io.manta.actors.internal;

import io.manta.core.IsolatedProcessDiedException;
import io.manta.core.JobId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The processes that this node started for isolated tasks. One that is free runs the next task of
/// its job and isolation, and ends when there was none for a while. At the limit an idle one of
/// another kind makes room, and a task waits when there is none; processes whose tasks wait for
/// values do not count, since what they wait for may need one.
final class Children implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Children.class);

  private final MantaRuntime runtime;
  private final Set<ChildProcess> busy = new HashSet<>();

  /// The one that is idle for longest first.
  private final List<ChildProcess> idle = new ArrayList<>();

  private int starting;
  private int waiting;

  /// Of actors.
  private final Set<ChildProcess> alone = new HashSet<>();

  private boolean closed;
  private boolean aloneClosed;

  Children(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  /// Has the task run. Does not block.
  void start(ChildProcess.Key key, ChildRun run) {
    runtime.thread("manta-children").start(() -> run(key, run));
  }

  /// Has an actor live in a process that nothing else uses, and that does not count. Does not
  /// block.
  void startAlone(ChildProcess.Key key, ChildRun run) {
    runtime.thread("manta-children").start(() -> runAlone(key, run));
  }

  private void runAlone(ChildProcess.Key key, ChildRun run) {
    ChildProcess child;
    try {
      child = new ChildProcess(runtime, key);
    } catch (IOException e) {
      run.died(": " + e.getMessage());
      return;
    } catch (RuntimeException | Error e) {
      run.failed(e);
      return;
    }
    boolean late;
    synchronized (this) {
      late = aloneClosed;
      alone.add(child);
    }
    run.outcome().whenComplete((result, failure) -> endAlone(child));
    if (late || !run.on(child)) {
      endAlone(child);
    }
  }

  private void endAlone(ChildProcess child) {
    child.kill();
    synchronized (this) {
      alone.remove(child);
    }
  }

  private void run(ChildProcess.Key key, ChildRun run) {
    ChildProcess child;
    try {
      child = take(key);
    } catch (IOException e) {
      run.died(": " + e.getMessage());
      return;
    } catch (RuntimeException | Error e) {
      run.failed(e);
      return;
    }
    if (!run.on(child)) {
      free(child);
      return;
    }
    run.outcome().whenComplete((result, failure) -> free(child));
  }

  /// Blocks until there is one.
  private ChildProcess take(ChildProcess.Key key) throws IOException {
    synchronized (this) {
      ChildProcess free;
      while ((free = free(key)) == null && !mayStart()) {
        try {
          wait();
        } catch (InterruptedException e) {
          throw new IOException("interrupted", e);
        }
      }
      if (closed) {
        throw new IOException("its node was closed");
      }
      if (free != null) {
        return free;
      }
      starting++;
    }
    ChildProcess started = null;
    try {
      long begin = System.nanoTime();
      started = new ChildProcess(runtime, key);
      LOG.debug(
          "process {} for isolated tasks came up in {} ms",
          started.pid(),
          (System.nanoTime() - begin) / 1_000_000);
      return started;
    } finally {
      started(started);
    }
  }

  private @Nullable ChildProcess free(ChildProcess.Key key) {
    for (ChildProcess child : idle) {
      if (child.key().equals(key) && child.isAlive()) {
        idle.remove(child);
        busy.add(child);
        return child;
      }
    }
    return null;
  }

  /// Whether there is room for one more, if need be that of an idle one.
  private boolean mayStart() {
    int most = runtime.config().isolatedProcesses();
    while (!idle.isEmpty() && idle.size() + busy.size() + starting - waiting >= most) {
      idle.removeFirst().kill();
    }
    return closed || busy.size() + starting - waiting < most;
  }

  private synchronized void started(@Nullable ChildProcess started) {
    starting--;
    if (started != null) {
      busy.add(started);
      if (closed) {
        started.kill();
      }
    }
    notifyAll();
  }

  private synchronized void free(ChildProcess child) {
    busy.remove(child);
    if (child.isAlive() && !closed) {
      idle.add(child);
    }
    notifyAll();
  }

  /// The task of a process begins to wait for a value, or ends to.
  synchronized void waits(boolean begins) {
    waiting += begins ? 1 : -1;
    notifyAll();
  }

  /// Ends those that were idle for long; to be called about once a second.
  void tick() {
    long now = System.nanoTime();
    long most = runtime.config().isolatedIdle().toNanos();
    end(child -> now - child.idleSince() > most);
  }

  /// The job is over: so are its processes.
  void jobEnded(JobId job) {
    end(child -> child.key().job().equals(job));
  }

  private synchronized void end(Predicate<ChildProcess> ended) {
    idle.removeIf(
        child -> {
          boolean ends = ended.test(child) || !child.isAlive();
          if (ends) {
            child.kill();
          }
          return ends;
        });
    notifyAll();
  }

  /// Ends those of tasks; actors may still have to stop in theirs.
  synchronized void closeTasks() {
    closed = true;
    idle.forEach(ChildProcess::kill);
    busy.forEach(ChildProcess::kill);
    idle.clear();
    notifyAll();
  }

  @Override
  public synchronized void close() {
    closeTasks();
    aloneClosed = true;
    alone.forEach(ChildProcess::kill);
  }

  /// The process of a task ended under it.
  static IsolatedProcessDiedException died(String what, MantaRuntime runtime, String how) {
    return new IsolatedProcessDiedException(
        "the process of " + what + " ended on " + runtime.id() + how);
  }
}
