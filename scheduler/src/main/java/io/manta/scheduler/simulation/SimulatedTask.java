package io.manta.scheduler.simulation;

import io.manta.core.Resources;
import io.manta.scheduler.AdmissionQueue;
import io.manta.scheduler.Shape;
import java.time.Duration;

/// A piece of work of a driver, which waits there for a lease.
record SimulatedTask(Shape shape, Duration duration, long queuedNanos)
    implements AdmissionQueue.Work {
  Resources resources() {
    return shape.resources();
  }

  @Override
  public boolean wanted() {
    return true;
  }

  @Override
  public void start() {
    throw new IllegalStateException("a driver has no resources to start " + shape);
  }
}
