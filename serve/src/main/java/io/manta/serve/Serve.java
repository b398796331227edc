package io.manta.serve;

import io.manta.actors.Manta;
import io.manta.serve.internal.Deployer;
import io.manta.serve.internal.Fronts;
import java.net.URI;
import java.util.List;

/// Serves deployments on a cluster, over HTTP on each of its nodes.
///
/// ```java
/// try (var manta = Manta.start();
///     var app = Serve.run(manta, Deployment.of("greeter", Greeter::new).route("/greet"))) {
///   System.out.println("curl -d '{\"name\": \"you\"}' " + app.url());
///   System.in.read();
/// }
/// ```
///
/// A node's address is http://127.0.0.1:8000, or another port where that is taken; the setting
/// `http-port` fixes it. Its server starts with the first application, or with the node where
/// `http-port` is set. Beside the routes each node answers `GET /-/healthz` with `ok` and `GET
/// /-/routes` with the routes and their applications.
///
/// GET and POST reach the handler, a GET with an empty object as its request where the handler
/// takes that. Errors are JSON, `{"error": {"code": …, "message": …, "id": …}}`, where the id is
/// that of the header X-Request-ID, the client's or a new one, and names the request in logs:
///
/// | status | code | when |
/// |---|---|---|
/// | 400 | BAD_REQUEST | the body is not what the handler takes; names field and position |
/// | 404 | NOT_FOUND | no route; names the known ones |
/// | 405 | METHOD_NOT_ALLOWED | neither GET nor POST; or GET where the request needs a body |
/// | 408 | BODY_TIMEOUT | the body did not arrive within 30 s |
/// | 413 | BODY_TOO_LARGE | the body is over [Deployment#maxBody] |
/// | 500 | HANDLER_FAILED | the handler threw; the log where it ran has the stack under the id |
/// | 503 | OVERLOADED | the queue of [Deployment#maxQueued] is full; with Retry-After |
/// | 503 | UNAVAILABLE | the replica died with the request; with Retry-After |
/// | 504 | TIMEOUT | the time of [Deployment#timeout] is over |
public final class Serve {
  /// Where a node answers when `http-port` is not set and the port is free.
  public static final int DEFAULT_PORT = 8000;

  private Serve() {}

  /// Starts to serve a deployment. Blocks until its replicas and the nodes' fronts answer. It is
  /// served until the application is closed or the runtime ends.
  ///
  /// @throws IllegalArgumentException when a living application has that name or route
  /// @throws io.manta.core.TaskFailedException when the handler's constructor threw; the cause is
  ///   what it threw
  /// @throws io.manta.core.InfeasibleException when no node could ever hold a replica
  /// @throws io.manta.core.GetTimeoutException when [Deployment#startTimeout] is over; the message
  ///   says what a replica waits for
  /// @throws io.manta.core.ClusterUnavailableException when no node answers over HTTP
  public static Application run(Manta manta, Deployment<?, ?> deployment) {
    return new Deployer(manta).run(deployment);
  }

  /// The addresses at which living nodes answer, `http://host:port`: this process's own first.
  /// Empty before the first application unless `http-port` is set.
  public static List<URI> addresses(Manta manta) {
    return Fronts.addresses(manta);
  }
}
