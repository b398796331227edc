package io.manta.serve.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.core.ConfigurationException;
import io.manta.core.MantaException;
import io.manta.serve.Serve;
import io.manta.serve.internal.Records.ApplicationRecord;
import io.manta.serve.internal.Records.FrontRecord;
import java.io.IOException;
import java.net.BindException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP front of one node. It follows the cluster's records of applications: routes to each,
/// and publishes its own address and which of them it has reached. The server starts with the first
/// application, or with the node where its port was set.
final class NodeFront implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeFront.class);
  private static final long PUBLISH_RETRY_MILLIS = 1000;

  private final Manta node;
  private final ScheduledExecutorService timer;
  private final ExecutorService background = Executors.newVirtualThreadPerTaskExecutor();

  /// Guards what follows, but for the routes, which are read freely.
  private final Object lock = new Object();

  private volatile RoutingTable<Endpoint> routes = RoutingTable.empty();
  private Map<String, Routed> routed = new HashMap<>();
  private Optional<HttpServer> server = Optional.empty();
  private boolean closed;

  /// Held while the front's record is written, so that an older state never replaces a newer one.
  private final Object publishing = new Object();

  private Optional<FrontRecord> published = Optional.empty();
  private @Nullable AutoCloseable subscription;

  /// An application that this front routes to.
  private record Routed(ApplicationRecord application, Router<ActorHandle<Replica>> router) {
    Endpoint endpoint() {
      return new ReplicaEndpoint(application.name(), application.maxBody(), router);
    }

    boolean ready() {
      return router.ready().toCompletableFuture().isDone();
    }
  }

  private NodeFront(Manta node) {
    this.node = node;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("manta-serve-timer").factory());
  }

  /// Starts the front of a node.
  ///
  /// @throws ConfigurationException when the HTTP port was set and is taken
  static NodeFront start(Manta node) {
    var front = new NodeFront(node);
    try {
      if (node.config().httpPort().isPresent()) {
        front.open();
        front.publishSoon();
      }
      front.subscription = Records.applications(node).subscribe(front::follow);
      return front;
    } catch (RuntimeException e) {
      front.close();
      throw e;
    }
  }

  /// Takes the routes over from the records. Called by one thread at a time.
  private void follow(Map<String, byte[]> records) {
    Map<String, ApplicationRecord> applications = Records.read(records, ApplicationRecord.class);
    synchronized (lock) {
      if (closed) {
        return;
      }
      if (!applications.isEmpty()) {
        open();
      }
      var next = new HashMap<String, Routed>();
      applications.forEach(
          (name, application) -> {
            Routed known = routed.get(name);
            boolean same =
                known != null && known.application().generation().equals(application.generation());
            next.put(name, same ? known : route(application));
          });
      var table = new TreeMap<String, Endpoint>();
      next.values().forEach(r -> table.put(r.application().route(), r.endpoint()));
      routes = new RoutingTable<>(table);
      routed.values().stream()
          .filter(old -> !next.containsValue(old))
          .forEach(old -> old.router().close());
      routed = next;
    }
    publishSoon();
  }

  private Routed route(ApplicationRecord application) {
    var router =
        new Router<>(
            application.name(),
            application.limits(),
            application.replicas(),
            new ClusterConnector(node),
            Timer.of(timer),
            background,
            System::nanoTime);
    router.ready().thenRun(this::publishSoon);
    router.lost().thenRun(() -> removeLost(application));
    return new Routed(application, router);
  }

  /// Nobody closed the application: its driver was killed.
  private void removeLost(ApplicationRecord application) {
    LOG.warn(
        "application '{}' is withdrawn: none of its replicas has been there for {} s",
        application.name(),
        Seeker.LOST.toSeconds());
    try {
      Records.removeApplication(node, application);
    } catch (MantaException e) {
      LOG.warn("the record of '{}' can't be removed", application.name(), e);
    }
  }

  /// Starts the server unless it runs.
  private void open() {
    synchronized (lock) {
      if (server.isPresent()) {
        return;
      }
      String host = node.config().httpAddress();
      OptionalInt port = node.config().httpPort();
      try {
        server = Optional.of(bind(host, port));
      } catch (IOException e) {
        throw new ConfigurationException(String.valueOf(e.getMessage()), e);
      }
    }
  }

  private HttpServer bind(String host, OptionalInt port) throws IOException {
    Optional<Supplier<SSLEngine>> https = node.config().https();
    HttpServer bound;
    try {
      bound = HttpServer.bind(host, port.orElse(Serve.DEFAULT_PORT), https, () -> routes);
    } catch (BindException e) {
      if (port.isPresent()) {
        throw e;
      }
      bound = HttpServer.bind(host, 0, https, () -> routes);
      LOG.info(
          "HTTP at {}: port {} is taken and http-port is not set, so a free one was chosen",
          bound.url(),
          Serve.DEFAULT_PORT);
      return bound;
    }
    LOG.info("HTTP at {}", bound.url());
    return bound;
  }

  private void publishSoon() {
    try {
      background.execute(this::publish);
    } catch (RejectedExecutionException e) {
      LOG.debug("the front is closed", e);
    }
  }

  private void publish() {
    synchronized (publishing) {
      Optional<FrontRecord> current = current();
      if (current.isEmpty() || current.equals(published)) {
        return;
      }
      try {
        Records.fronts(node).put(node.id().toString(), Records.write(current.get()));
        published = current;
      } catch (MantaException e) {
        LOG.warn("the address of the HTTP front can't be published yet; trying again", e);
        try {
          timer.schedule(this::publishSoon, PUBLISH_RETRY_MILLIS, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException rejected) {
          LOG.debug("the front is closed", rejected);
        }
      }
    }
  }

  /// By which others reach it.
  private String url(HttpServer running) {
    return running.url().replace("//0.0.0.0:", "//" + node.config().host() + ":");
  }

  /// What is to be published; empty before the server runs and once the front is closed.
  private Optional<FrontRecord> current() {
    synchronized (lock) {
      if (closed) {
        return Optional.empty();
      }
      var reached = new TreeMap<String, String>();
      routed.forEach(
          (name, application) -> {
            if (application.ready()) {
              reached.put(name, application.application().generation());
            }
          });
      return server.map(running -> new FrontRecord(url(running), reached));
    }
  }

  @Override
  public void close() {
    Optional<HttpServer> running;
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      running = server;
    }
    if (subscription != null) {
      try {
        subscription.close();
      } catch (Exception e) {
        LOG.warn("the records of applications can't be left", e);
      }
    }
    unpublish();
    running.ifPresent(HttpServer::close);
    synchronized (lock) {
      routed.values().forEach(application -> application.router().close());
    }
    timer.shutdownNow();
    background.shutdownNow();
  }

  private void unpublish() {
    synchronized (publishing) {
      if (published.isPresent()) {
        try {
          Records.fronts(node).remove(node.id().toString());
        } catch (MantaException e) {
          LOG.warn("the address of the HTTP front stays published; readers skip dead nodes", e);
        }
      }
    }
  }
}
