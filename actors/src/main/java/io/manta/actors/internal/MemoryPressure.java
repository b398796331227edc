package io.manta.actors.internal;

import io.manta.actors.internal.memory.MemoryWatch;
import io.manta.actors.internal.memory.RunningTask;
import io.manta.scheduler.NodeView;
import io.manta.scheduler.Placement;
import io.manta.scheduler.Shape;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// What a node does while it is short of memory: it goes on with what it runs and starts one piece
/// of work at a time, so that what its tasks wait for gets done, and only what finds no room on a
/// node that is not short of it.
final class MemoryPressure implements MemoryWatch.Node, AutoCloseable {
  private final MantaRuntime runtime;
  private final MemoryWatch watch;

  MemoryPressure(MantaRuntime runtime) {
    this.runtime = runtime;
    this.watch = new MemoryWatch(runtime.config().memoryLimits(), this);
  }

  void start() {
    watch.start(error -> runtime.fatal("the watch over its memory", error));
  }

  /// What there is little of, in words, while memory is short.
  Optional<String> shortage() {
    return watch.shortage();
  }

  boolean isShort() {
    return shortage().isPresent();
  }

  /// Whether what was given to this node may start now.
  boolean mayStart() {
    return !isShort() || isIdle();
  }

  /// Whether work of the shape that waits may start here now.
  boolean mayTake(Shape shape) {
    return !isShort() || (isIdle() && !mayRunElsewhere(shape));
  }

  private boolean isIdle() {
    return runtime.tasks().running().isIdle() && !runtime.actors().isStarting();
  }

  private boolean mayRunElsewhere(Shape shape) {
    List<NodeView> others =
        runtime.nodeViews().stream()
            .filter(view -> view.shortage().isEmpty() && !view.id().equals(runtime.id()))
            .toList();
    return Placement.choose(shape, others, Optional.empty()).isPresent();
  }

  @Override
  public String name() {
    return runtime.id().toString();
  }

  @Override
  public Collection<? extends RunningTask> running() {
    return runtime.tasks().running().underWay();
  }

  @Override
  public void lookAgain() {
    runtime.admission().resourcesFreed();
  }

  @Override
  public void close() {
    watch.close();
  }
}
