package io.manta.testkit.consistency;

import io.manta.actors.Manta;
import io.manta.testkit.ProcessCluster;

/// A driver that clients work through, and that may be closed and connected again under them.
final class Seat implements AutoCloseable {
  /// @param number how often it was connected before
  record Session(int number, Manta manta) {
    boolean isOver() {
      return manta.whenClosed().toCompletableFuture().isDone();
    }
  }

  private final ProcessCluster cluster;
  private volatile Session session;

  Seat(ProcessCluster cluster) {
    this.cluster = cluster;
    this.session = new Session(0, cluster.connect());
  }

  Session session() {
    return session;
  }

  Manta manta() {
    return session.manta();
  }

  void reconnect() {
    Session before = session;
    before.manta().close();
    session = new Session(before.number() + 1, cluster.connect());
  }

  @Override
  public void close() {
    session.manta().close();
  }
}
