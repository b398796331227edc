package io.manta.sharding;

import io.manta.objects.security.HalfOpen;
import io.manta.objects.security.SecurityFolder;
import java.time.Duration;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;

/// The TLS of an HTTP server of Pekko: an engine for each connection that comes in. Clients need no
/// certificate and no token, but have to end their handshake in time. That a connection was refused
/// is told by the server's [TransportLogger].
public final class HttpsEngines implements Supplier<SSLEngine> {
  /// More than between processes: many clients may come at once.
  private static final int MOST = 512;

  private final SecurityFolder folder;
  private final HalfOpen halfOpen = new HalfOpen(MOST, Duration.ofSeconds(10));

  public HttpsEngines(SecurityFolder folder) {
    this.folder = folder;
  }

  /// Called by Pekko's TLS of a connection while that is made.
  @Override
  public SSLEngine get() {
    TlsActor tls = TlsActor.beingMade();
    halfOpen.add(tls);
    return new GuardedEngine(folder.https(), engine -> true, () -> halfOpen.remove(tls));
  }
}
