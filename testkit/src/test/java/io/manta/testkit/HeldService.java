package io.manta.testkit;

import io.manta.actors.Manta;
import io.manta.actors.NodeService;
import java.util.concurrent.CountDownLatch;

/// A service of every node that ends when a test lets it, as one does that has requests to finish.
public final class HeldService implements NodeService {
  private static volatile CountDownLatch closing = new CountDownLatch(0);
  private static volatile CountDownLatch released = new CountDownLatch(0);

  /// From now on a node that is closed waits for [#release].
  static void hold() {
    closing = new CountDownLatch(1);
    released = new CountDownLatch(1);
  }

  /// Waits until a node began to close.
  static void awaitClosing() throws InterruptedException {
    closing.await();
  }

  static void release() {
    released.countDown();
  }

  @Override
  public AutoCloseable start(Manta node) {
    return () -> {
      closing.countDown();
      released.await();
    };
  }
}
