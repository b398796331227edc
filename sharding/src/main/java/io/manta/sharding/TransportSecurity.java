package io.manta.sharding;

import io.manta.objects.security.HalfOpen;
import io.manta.objects.security.SecurityFolder;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/// The TLS of one actor system's connections.
final class TransportSecurity implements SSLEngineProvider {
  private static final Logger LOG = LoggerFactory.getLogger(TransportSecurity.class);
  private static final int MOST_HALF_OPEN = 256;

  private final SecurityFolder folder;
  private final HalfOpen halfOpen = new HalfOpen(MOST_HALF_OPEN, Duration.ofSeconds(10));
  private final Runnable unfollow;

  /// Why connections that were made were not used, by `host:port`.
  private final Map<String, String> failures = new ConcurrentHashMap<>();

  /// Those that live.
  private final Map<ActorRef, SSLEngine> connections =
      Collections.synchronizedMap(new WeakHashMap<>());

  /// @param host of this process
  TransportSecurity(SecurityFolder folder, String host) {
    this.folder = folder;
    this.unfollow = folder.follow(host, this::endUnbelieved);
  }

  Map<String, String> failures() {
    return failures;
  }

  /// Files are not followed any more.
  void close() {
    unfollow.run();
  }

  /// Ends all connections at once. In order, of two sides that both close each may wait for ever
  /// for the other to do so first.
  void endAll() {
    var reason = new IllegalStateException("this process ends its connections");
    copy().keySet().forEach(tls -> new TlsActor(tls).end(reason));
  }

  private Map<ActorRef, SSLEngine> copy() {
    synchronized (connections) {
      return Map.copyOf(connections);
    }
  }

  /// Those that were made with a token or certificate that would not be believed now. What was sent
  /// by them is sent again by others.
  private void endUnbelieved() {
    var reason = new IllegalStateException("it is not believed any more");
    int ended = 0;
    for (Map.Entry<ActorRef, SSLEngine> one : copy().entrySet()) {
      var tls = new TlsActor(one.getKey());
      var credentials = SecurityFolder.credentials(one.getValue());
      if (!tls.isGone() && credentials.isPresent() && !folder.believes(credentials.get())) {
        tls.end(reason);
        ended++;
      }
    }
    if (ended > 0) {
      LOG.info(
          "{} connections were ended: their token or certificate is not believed any more", ended);
    }
  }

  private boolean isBelieved(SSLEngine engine) {
    return SecurityFolder.credentials(engine).filter(folder::believes).isPresent();
  }

  @Override
  public SSLEngine createServerSSLEngine(String host, int port) {
    TlsActor tls = TlsActor.beingMade();
    SSLEngine engine = folder.server();
    connections.put(tls.actor(), engine);
    halfOpen.add(tls);
    return new GuardedEngine(engine, this::isBelieved, () -> halfOpen.remove(tls));
  }

  @Override
  public SSLEngine createClientSSLEngine(String host, int port) {
    SSLEngine engine = folder.client(host, port);
    connections.put(TlsActor.beingMade().actor(), engine);
    return new WatchedEngine(engine, why -> failures.put(host + ":" + port, why));
  }

  @Override
  public Option<Throwable> verifyClientSession(String host, SSLSession session) {
    return Option.empty();
  }

  @Override
  public Option<Throwable> verifyServerSession(String host, SSLSession session) {
    return Option.empty();
  }
}
