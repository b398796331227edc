package io.manta.actors.faults;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.internal.Runtimes;

/// A node of a cluster that tests can make fail while its JVM goes on.
public interface FaultyNode {
  /// Starts it; blocks until it is a member of its cluster.
  ///
  /// @param config with a port; 0 takes a free one
  /// @throws IllegalArgumentException when no port is set
  static FaultyNode start(MantaConfig config) {
    return Runtimes.startFaulty(config);
  }

  Manta manta();

  /// Ends it as a process that is killed: it tells nobody, its port closes, no `onStop` runs.
  /// Threads of user code can only be interrupted. Blocks until done. Has no effect on a node that
  /// was closed.
  void kill();

  /// From now on drops all messages between it and another process, in silence. Connections can
  /// still be made, and what lies in the object store of the host is still read.
  ///
  /// @param address `manta://host:port`
  void cut(String address);

  /// Ends what [#cut] began. Messages are sent again that were lost meanwhile, unless one of the
  /// two was removed from the cluster.
  void heal(String address);
}
