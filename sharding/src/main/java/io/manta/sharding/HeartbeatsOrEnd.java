package io.manta.sharding;

import com.typesafe.config.Config;
import org.apache.pekko.actor.Address;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.event.EventStream;
import org.apache.pekko.remote.DefaultFailureDetectorRegistry;
import org.apache.pekko.remote.PhiAccrualFailureDetector;

/// Takes a member for dead when its heartbeats stay away, as Pekko does by itself, or at once when
/// its process is known to have ended. Without that a member that was downed stays for as long as
/// heartbeats may pause, since only an unreachable one is removed; its slots and names stay with
/// it.
final class HeartbeatsOrEnd extends PhiAccrualFailureDetector {
  private volatile boolean ended;

  /// Called by Pekko.
  public HeartbeatsOrEnd(Config config, EventStream events) {
    super(config, events);
  }

  @Override
  public boolean isAvailable() {
    return !ended && super.isAvailable();
  }

  /// The process of a member has ended. A later one at the same address is another member.
  static void ended(Cluster cluster, Address member) {
    if (cluster.failureDetector() instanceof DefaultFailureDetectorRegistry<Address> detectors) {
      var detector = detectors.failureDetector(member);
      if (detector.isDefined() && detector.get() instanceof HeartbeatsOrEnd known) {
        known.ended = true;
      }
    }
  }
}
