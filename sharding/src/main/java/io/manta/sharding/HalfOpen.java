package io.manta.sharding;

import java.time.Duration;
import java.util.LinkedHashMap;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;

/// Connections that came in and whose other side has not shown yet who it is. Each has 10 s for
/// that, and when there are too many the oldest is ended: one that means well needs milliseconds.
///
/// Pekko has no such limits.
final class HalfOpen {
  static final int MOST = 256;
  private static final Duration TIME = Duration.ofSeconds(10);

  private static final String SILENT =
      "within %d s it did not show who it is".formatted(TIME.toSeconds());
  private static final String TOO_MANY =
      "it did not show who it is, as %d others did not".formatted(MOST);

  private final ActorSystem system;
  private final LinkedHashMap<Object, ActorRef> connections = new LinkedHashMap<>();

  HalfOpen(ActorSystem system) {
    this.system = system;
  }

  /// @param key of the connection
  void began(Object key, ActorRef tls) {
    ActorRef oldest = null;
    synchronized (connections) {
      connections.put(key, tls);
      if (connections.size() > MOST) {
        oldest = connections.pollFirstEntry().getValue();
      }
    }
    if (oldest != null) {
      TlsActor.end(oldest, new RefusedException(TOO_MANY));
    }
    system
        .scheduler()
        .scheduleOnce(
            TIME,
            () -> {
              if (settled(key)) {
                TlsActor.end(tls, new RefusedException(SILENT));
              }
            },
            system.dispatcher());
  }

  /// @return whether that is new
  boolean settled(Object key) {
    synchronized (connections) {
      return connections.remove(key) != null;
    }
  }
}
