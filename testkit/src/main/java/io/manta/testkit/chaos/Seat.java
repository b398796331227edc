package io.manta.testkit.chaos;

import io.manta.actors.Manta;
import io.manta.testkit.ProcessCluster;

/// A driver that clients work through, and that may be closed and connected again under them.
final class Seat implements AutoCloseable {
  /// From connecting to closing.
  static final class Session {
    private final int number;
    private final Manta manta;
    private volatile boolean over;

    private Session(int number, Manta manta) {
      this.number = number;
      this.manta = manta;
    }

    /// How often it was connected before.
    int number() {
      return number;
    }

    Manta manta() {
      return manta;
    }

    /// Whether it is closed, or about to be.
    boolean isOver() {
      return over;
    }

    private void end() {
      over = true;
      manta.close();
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
    before.end();
    session = new Session(before.number() + 1, cluster.connect());
  }

  @Override
  public void close() {
    session.end();
  }
}
