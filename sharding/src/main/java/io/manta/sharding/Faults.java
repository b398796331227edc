package io.manta.sharding;

import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.remote.RemoteActorRefProvider;
import org.apache.pekko.remote.transport.ThrottlerTransportAdapter;
import org.apache.pekko.remote.transport.ThrottlerTransportAdapter$Direction$Both$;

/// Drops what goes between two processes, in Artery's test mode. Its commands are classes of the
/// remoting before Artery, which is deprecated; Artery has no others.
@SuppressWarnings("deprecation")
final class Faults {
  private Faults() {}

  static void cut(ActorSystem system, Address peer) {
    throttle(system, peer, ThrottlerTransportAdapter.Blackhole$.MODULE$);
  }

  static void heal(ActorSystem system, Address peer) {
    throttle(system, peer, ThrottlerTransportAdapter.Unthrottled$.MODULE$);
  }

  private static void throttle(
      ActorSystem system, Address peer, ThrottlerTransportAdapter.ThrottleMode mode) {
    ((RemoteActorRefProvider) ((ExtendedActorSystem) system).provider())
        .transport()
        .managementCommand(
            new ThrottlerTransportAdapter.SetThrottle(
                peer, ThrottlerTransportAdapter$Direction$Both$.MODULE$, mode));
  }
}
