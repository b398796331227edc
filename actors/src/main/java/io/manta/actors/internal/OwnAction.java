package io.manta.actors.internal;

import io.manta.actors.ActorContext;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.objects.ValueCodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an actor has itself do, as a call without an answer.
///
/// @param afterwards called when it was run, and when the actor is dead
record OwnAction(ActorCell cell, ActorContext.Action action, Runnable afterwards)
    implements HostedCall {
  private static final Logger LOG = LoggerFactory.getLogger(OwnAction.class);

  @Override
  public Capture body() {
    throw new IllegalStateException("it is not a closure that travels");
  }

  @Override
  public ValueCodec codec() {
    return cell.spec().codec();
  }

  @Override
  public JobId job() {
    return cell.spec().job();
  }

  @Override
  public @Nullable Object invoke(Object actor, Objects objects) throws Exception {
    action.run();
    return null;
  }

  @Override
  public boolean wanted() {
    return true;
  }

  @Override
  public void running(Runnable interrupt) {}

  @Override
  public void succeeded(StoredValue value) {
    afterwards.run();
  }

  @Override
  public void elsewhere() {} // the next incarnation has timers of its own

  @Override
  public void failed(MantaException failure) {
    if (!cell.isDead()) {
      LOG.warn("an action of {} failed, which a timer or its executor ran", cell.what(), failure);
    }
    afterwards.run();
  }
}
