package io.manta.actors;

import java.util.concurrent.CountDownLatch;

/// An actor whose code waits at a gate. It is where a user's could be: in none of the packages that
/// are internal.
public final class WaitingActor extends RemoteActor {
  private static volatile CountDownLatch gate = new CountDownLatch(1);

  public static void shut() {
    gate = new CountDownLatch(1);
  }

  public static void open() {
    gate.countDown();
  }

  /// A constructor that waits.
  public static WaitingActor late() throws InterruptedException {
    gate.await();
    return new WaitingActor();
  }

  public void hold() throws InterruptedException {
    gate.await();
  }

  @Override
  protected void onStop() throws InterruptedException {
    gate.await();
  }
}
