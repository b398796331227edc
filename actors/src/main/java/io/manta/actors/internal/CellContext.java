package io.manta.actors.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.RemoteActor;
import io.manta.actors.TimeSource;
import io.manta.core.ActorId;
import io.manta.core.NodeId;
import java.util.concurrent.Executor;

/// The context of one incarnation on this node.
final class CellContext<A extends RemoteActor> extends TimedContext<A> {
  private final MantaRuntime runtime;
  private final ActorCell cell;

  CellContext(MantaRuntime runtime, ActorCell cell) {
    this.runtime = runtime;
    this.cell = cell;
  }

  @Override
  TimeSource time() {
    return runtime.time();
  }

  @Override
  void run(Action action, Runnable afterwards) {
    cell.enqueue(new OwnAction(cell, action, afterwards));
  }

  @Override
  boolean isEnding() {
    return cell.isStopping();
  }

  @Override
  boolean isOver() {
    return cell.isDead();
  }

  @Override
  public void stop() {
    cell.endsItself(false);
  }

  @Override
  public Manta manta() {
    return runtime;
  }

  @Override
  public ActorHandle<A> self() {
    return new Handle<>(cell.spec().id(), runtime);
  }

  @Override
  public ActorId id() {
    return cell.spec().id();
  }

  @Override
  public NodeId node() {
    return runtime.id();
  }

  @Override
  public int incarnation() {
    return cell.spec().incarnation();
  }

  @Override
  public Executor executor() {
    return command -> run(command::run, () -> {});
  }

  @Override
  public void exit() {
    cell.endsItself(true);
  }
}
