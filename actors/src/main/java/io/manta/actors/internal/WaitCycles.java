package io.manta.actors.internal;

import io.manta.core.ActorId;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.TaskId;
import io.manta.core.WaitCycleException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Finds waits that can never end: the value that a task or call waits for is made by one that
/// waits, by way of others, for the first.
///
/// Edge chasing after K. M. Chandy, J. Misra and L. M. Haas, "Distributed Deadlock Detection",
/// 1983, for waits without a timeout on one ref. A wait that lasts sends a probe along: to the
/// owner of the ref, from there to where the ref's value is made, and on to what is waited for
/// there. One that comes back to its own wait found a cycle, since whoever it passed has waited
/// ever since. Of the waits of a cycle the one with the lowest number fails, and the others go on.
///
/// An actor that runs several calls at once ends a probe: another of its calls may free it.
final class WaitCycles {
  private static final long FIRST_NANOS = Duration.ofSeconds(1).toNanos();
  private static final int MOST_PROBES = 64;
  private static final int LONGEST_PATH = 64;

  private static final class Wait {
    private final CurrentCall call;
    private final Ref<?> ref;
    private final long number;
    private final long since = System.nanoTime();
    private long dueNanos = FIRST_NANOS;

    Wait(CurrentCall call, Ref<?> ref, long number) {
      this.call = call;
      this.ref = ref;
      this.number = number;
    }
  }

  private final MantaRuntime runtime;
  private final AtomicLong numbers = new AtomicLong();
  private final ConcurrentHashMap<Object, Wait> waits = new ConcurrentHashMap<>();

  WaitCycles(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  /// A task or call begins to wait for a ref, for as long as it takes.
  void begin(CurrentCall call, Ref<?> ref) {
    waits.put(call.key(), new Wait(call, ref, numbers.incrementAndGet()));
  }

  void end(CurrentCall call) {
    waits.remove(call.key());
  }

  /// Looks for cycles of waits that have lasted; to be called about once a second.
  void check() {
    long now = System.nanoTime();
    int left = MOST_PROBES;
    for (Wait wait : waits.values()) {
      if (now - wait.since >= wait.dueNanos && left-- > 0) {
        wait.dueNanos *= 2;
        var probe =
            new Message.WaitProbe(
                runtime.id(), wait.number, runtime.id(), wait.number, List.of(wait.call.what()));
        follow(probe, wait.ref);
      }
    }
  }

  /// On to what makes a ref of this process.
  void follow(Message.WaitProbe probe, Ref<?> ref) {
    if (!ref.isDone()) {
      follow(probe, ref.source());
    }
  }

  private void follow(Message.WaitProbe probe, Ref.Source maker) {
    if (probe.path().size() < LONGEST_PATH) {
      maker.probe(this, probe);
    }
  }

  /// On to what makes an object of any process.
  void toOwner(Message.WaitProbe probe, ObjectId object) {
    runtime.cluster().send(object.owner(), new Message.ProbeObject(probe, object));
  }

  void toTask(Message.WaitProbe probe, TaskId task, NodeId node) {
    runtime.cluster().send(node, new Message.ProbeTask(probe, task));
  }

  void toActor(Message.WaitProbe probe, ActorId actor, NodeId node) {
    runtime.cluster().send(node, new Message.ProbeActor(probe, actor));
  }

  void received(Message.ProbeObject message) {
    follow(message.probe(), runtime.objects().maker(message.object()));
  }

  /// A task or actor of this node is on the way.
  ///
  /// @param key its [CurrentCall#key]
  void received(Message.WaitProbe probe, Object key) {
    Wait wait = waits.get(key);
    if (wait == null) {
      return;
    }
    if (probe.origin().equals(runtime.id()) && probe.number() == wait.number) {
      found(probe, wait);
      return;
    }
    var path = new ArrayList<>(probe.path());
    path.add(wait.call.what());
    boolean lower =
        runtime.id().value() < probe.leastNode().value()
            || (runtime.id().equals(probe.leastNode()) && wait.number < probe.leastNumber());
    follow(
        new Message.WaitProbe(
            probe.origin(),
            probe.number(),
            lower ? runtime.id() : probe.leastNode(),
            lower ? wait.number : probe.leastNumber(),
            path),
        wait.ref);
  }

  private void found(Message.WaitProbe probe, Wait wait) {
    boolean breaks = probe.leastNode().equals(runtime.id()) && probe.leastNumber() == wait.number;
    if (breaks) {
      String cycle = String.join(" waits for ", probe.path());
      wait.call.breakWait(
          new WaitCycleException(
              "%s waits for %s, which can never be: %s waits for %s"
                  .formatted(
                      probe.path().getFirst(), wait.ref.id(), cycle, probe.path().getFirst())));
    }
  }
}
