package io.manta.actors.internal;

import io.manta.core.PendingWork;
import io.manta.core.PlacementGroupInfo;
import io.manta.core.ResourceDemand;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What of this process waits for resources, and why.
final class Pending {
  private final MantaRuntime runtime;

  Pending(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  List<PendingWork> list() {
    var all = new ArrayList<PendingWork>();
    for (Shape shape : runtime.admission().waitingShapes()) {
      // actors wait here too, and what others ask for: where they were created
      if (runtime.admission().peek(shape) instanceof SubmittedTask first) {
        all.add(tasks(shape, first));
      }
    }
    all.addAll(runtime.actors().owned().placement().pendingWork());
    for (PlacementGroupInfo group : runtime.groups().owned().infos()) {
      group.pending().ifPresent(why -> all.add(group(group, why)));
    }
    runtime.stateFolders().pending(runtime.haveLost()).ifPresent(all::add);
    return all;
  }

  /// What of it more nodes could take; what is in placement groups waits for those, and what a
  /// quota leaves no room for waits for that.
  List<ResourceDemand> demand() {
    var all = new ArrayList<ResourceDemand>();
    Quotas.Budget budget = runtime.quotas().budget();
    for (Shape shape : runtime.admission().waitingShapes()) {
      AdmissionQueue.Work first = runtime.admission().peek(shape);
      if (first instanceof SubmittedTask) {
        add(all, shape, waiting(shape, budget), first.queuedNanos());
      } else if (first instanceof Placing actor) {
        add(all, actor.asked(), waiting(shape, budget), first.queuedNanos());
      }
    }
    runtime
        .actors()
        .owned()
        .placement()
        .pendingShapes((shape, since) -> add(all, shape, budget.take(shape, 1), since));
    all.addAll(runtime.groups().owned().demand());
    return all;
  }

  private int waiting(Shape shape, Quotas.Budget budget) {
    return budget.take(shape, Math.max(1, runtime.admission().waiting(shape)));
  }

  private void add(List<ResourceDemand> all, Shape shape, int count, long sinceNanos) {
    if (count > 0 && !shape.resources().isBundled()) {
      all.add(
          new ResourceDemand(
              shape.resources(), shape.scheduling(), count, since(sinceNanos), runtime.id()));
    }
  }

  private PendingWork tasks(Shape shape, AdmissionQueue.Work first) {
    int count = Math.max(1, runtime.admission().waiting(shape));
    return new PendingWork(
        "%s for %s".formatted(count == 1 ? "a task" : "tasks", shape),
        count,
        since(first.queuedNanos()),
        why(shape),
        runtime.id());
  }

  private String why(Shape shape) {
    return runtime.whyWaiting(shape);
  }

  private PendingWork group(PlacementGroupInfo group, String why) {
    return new PendingWork(
        "placement group " + group.name().orElse(group.id().toString()),
        1,
        runtime.groups().owned().waited(group.id()),
        why,
        runtime.id());
  }

  static Duration since(long nanos) {
    return Duration.ofNanos(Math.max(0, System.nanoTime() - nanos));
  }
}
