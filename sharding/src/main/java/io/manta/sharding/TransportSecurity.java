package io.manta.sharding;

import io.manta.objects.security.SecurityFolder;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/// The TLS of one actor system's connections.
final class TransportSecurity {
  private static final Logger LOG = LoggerFactory.getLogger(TransportSecurity.class);

  private final SecurityFolder folder;

  /// Why connections that were made were not used, by `host:port`.
  private final Map<String, String> failures = new ConcurrentHashMap<>();

  /// Those of connections that live.
  private final Set<ActorRef> actors =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  TransportSecurity(SecurityFolder folder) {
    this.folder = folder;
  }

  SSLEngineProvider engines(ActorSystem system) {
    return new Engines(new HalfOpen(system));
  }

  Map<String, String> failures() {
    return failures;
  }

  /// Ends all connections at once. In order, of two sides that both close each may wait for ever
  /// for the other to do so first.
  void endAll() {
    List<ActorRef> all;
    synchronized (actors) {
      all = List.copyOf(actors);
    }
    var reason = new IllegalStateException("this process ends its connections");
    all.forEach(tls -> TlsActor.end(tls, reason));
  }

  private final class Engines implements SSLEngineProvider {
    private final HalfOpen halfOpen;

    Engines(HalfOpen halfOpen) {
      this.halfOpen = halfOpen;
    }

    @Override
    public SSLEngine createServerSSLEngine(String host, int port) {
      var key = new Object();
      ActorRef tls = TlsActor.beingMade();
      if (tls == null) {
        LOG.warn("a connection has no time limit, since Pekko's TLS is made in another way");
      } else {
        actors.add(tls);
        halfOpen.began(key, tls);
      }
      return new GuardedEngine(folder.server(), folder::accepts, () -> halfOpen.settled(key));
    }

    @Override
    public SSLEngine createClientSSLEngine(String host, int port) {
      ActorRef tls = TlsActor.beingMade();
      if (tls != null) {
        actors.add(tls);
      }
      return new WatchedEngine(
          folder.client(host, port), why -> failures.put(host + ":" + port, why));
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
}
