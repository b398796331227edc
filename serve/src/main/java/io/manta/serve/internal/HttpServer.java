package io.manta.serve.internal;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.manta.core.DataSize;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpMethod;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP server of a node: finds the endpoint of each request, gives it the body and answers
/// what it says, errors as JSON. It knows neither replicas nor the user's types, and blocks no
/// thread.
final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  private static final String REQUEST_ID = "X-Request-ID";
  private static final int LONGEST_ID = 128;
  private static final Duration BODY_TIME = Duration.ofSeconds(30);

  /// How much more than its limit of a body is read, to be dropped.
  private static final long MOST_DISCARDED = 64 << 20;

  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final int MOST_ROUTES_NAMED = 20;

  /// A GET carries no body; its handler sees an empty object.
  private static final Bytes EMPTY_OBJECT = new Bytes("{}");

  private static final HttpResponse OK = HttpResponse.create().withStatus(StatusCodes.OK);

  /// Nothing of the application's own configuration gets in here.
  private static final String CONFIG =
      """
      pekko {
        loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
        logging-filter = "org.apache.pekko.event.slf4j.Slf4jLoggingFilter"
        loglevel = WARNING
        log-dead-letters = off
        daemonic = on
        jvm-shutdown-hooks = off
        coordinated-shutdown.run-by-jvm-shutdown-hook = off
        coordinated-shutdown.run-by-actor-system-terminate = off
        actor.default-dispatcher.fork-join-executor {
          parallelism-min = 2
          parallelism-factor = 1.0
          parallelism-max = 32
        }
        http.server {
          server-header = manta
          max-connections = 20000
          pipelining-limit = 16
          backlog = 1024
          # Each request has a deadline of its deployment, ten minutes at most.
          request-timeout = infinite
          idle-timeout = 11 minutes
          transparent-head-requests = on
          # Each deployment has a limit of its own, which takes the place of this one.
          parsing.max-content-length = 8m
          parsing.error-logging-verbosity = off
        }
      }
      """;

  /// Pekko tells at debug level alone whose connection was refused, and why; this filter lets
  /// nothing else of that level through.
  private static final String REFUSALS =
      """
      pekko {
        loggers = ["io.manta.sharding.TransportLogger"]
        use-slf4j = off
        logging-filter = "io.manta.sharding.TransportLogFilter"
        loglevel = DEBUG
      }
      """;

  private final ActorSystem system;
  private final ServerBinding binding;
  private final String origin;

  private HttpServer(ActorSystem system, ServerBinding binding, String origin) {
    this.system = system;
    this.binding = binding;
    this.origin = origin;
  }

  /// Binds; blocks until done.
  ///
  /// @param port 0 takes any free one
  /// @param https makes the engine of each connection; empty for plain HTTP
  /// @param routes read for each request
  /// @throws BindException when the port is taken
  static HttpServer bind(
      String host,
      int port,
      Optional<Supplier<SSLEngine>> https,
      Supplier<RoutingTable<Endpoint>> routes)
      throws IOException {
    requireFree(host, port);
    ClassLoader loader = HttpServer.class.getClassLoader();
    Config config =
        ConfigFactory.parseString(https.isPresent() ? REFUSALS : "")
            .withFallback(ConfigFactory.parseString(CONFIG))
            .withFallback(ConfigFactory.defaultReference(loader))
            .resolve();
    ActorSystem system = ActorSystem.create("manta-serve", config, loader);
    var requests = new Requests(system, routes);
    try {
      ServerBuilder server = Http.get(system).newServerAt(host, port);
      if (https.isPresent()) {
        server = server.enableHttps(ConnectionContext.httpsServer(https.get()::get));
      }
      ServerBinding binding = server.bind(requests::answer).toCompletableFuture().join();
      return new HttpServer(system, binding, origin(host, https.isPresent()));
    } catch (CompletionException e) {
      terminate(system);
      throw taken(host, port, e.getCause());
    }
  }

  /// Finds out that a port is taken before there are threads to end and Pekko logs a stack.
  private static void requireFree(String host, int port) throws BindException {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw taken(host, port, e);
    }
  }

  private static BindException taken(String host, int port, @Nullable Throwable cause) {
    var failure =
        new BindException(
            "HTTP port "
                + port
                + " of "
                + host
                + " can't be bound, most likely because another process has it; choose one by"
                + " http-port");
    failure.initCause(cause);
    return failure;
  }

  private static String origin(String host, boolean https) {
    String literal = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
    return (https ? "https://" : "http://") + literal;
  }

  /// `http://host:port`, or `https`
  String url() {
    return origin + ":" + port();
  }

  int port() {
    return binding.localAddress().getPort();
  }

  /// Takes no more connections, gives requests in flight a moment and closes all. Blocks.
  @Override
  public void close() {
    try {
      binding
          .terminate(DRAIN)
          .toCompletableFuture()
          .orTimeout(DRAIN.plusSeconds(3).toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException e) {
      LOG.warn("the HTTP server of port {} did not end in order", port(), e.getCause());
    }
    terminate(system);
  }

  private static void terminate(ActorSystem system) {
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().orTimeout(5, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      LOG.warn("the threads of the HTTP server did not end in time", e.getCause());
    }
  }

  /// What happens with each request. Called on many threads.
  private record Requests(ActorSystem system, Supplier<RoutingTable<Endpoint>> routes) {
    CompletionStage<HttpResponse> answer(HttpRequest request) {
      String id = requestId(request);
      String path = request.getUri().path();
      if (path.startsWith("/-/")) {
        request.discardEntityBytes(system);
        return done(own(request, path, id));
      }
      RoutingTable<Endpoint> table = routes.get();
      Optional<Endpoint> endpoint = table.match(path);
      if (endpoint.isEmpty()) {
        request.discardEntityBytes(system);
        return done(error(ErrorCode.NOT_FOUND, unknown(path, table), id));
      }
      HttpMethod method = request.method();
      if (method.equals(HttpMethods.GET)) {
        request.discardEntityBytes(system);
        return get(endpoint.get(), id);
      }
      if (!method.equals(HttpMethods.POST)) {
        request.discardEntityBytes(system);
        return done(notAllowed(method, "here", "GET, POST", id));
      }
      return post(endpoint.get(), request, id);
    }

    private static CompletionStage<HttpResponse> get(Endpoint endpoint, String id) {
      return endpoint
          .call(EMPTY_OBJECT, id)
          .handle(
              (reply, failure) ->
                  reply instanceof Reply.BadRequest
                      ? notAllowed(HttpMethods.GET, "where the request needs a body", "POST", id)
                      : response(reply, failure, id));
    }

    private CompletionStage<HttpResponse> post(Endpoint endpoint, HttpRequest request, String id) {
      long limit = endpoint.maxBody().bytes();
      if (request.entity() instanceof HttpEntity.Strict strict
          && strict.getData().size() <= limit) {
        return call(endpoint, Bytes.of(strict.getData().toArrayUnsafe()), id);
      }
      return request
          .entity()
          .withSizeLimit(limit + MOST_DISCARDED)
          .getDataBytes()
          .completionTimeout(BODY_TIME)
          .runFold(ByteString.emptyByteString(), (body, part) -> joined(body, part, limit), system)
          .handle(
              (body, failure) -> {
                if (failure != null) {
                  return done(unread(failure, endpoint.maxBody(), id));
                }
                return body.size() > limit
                    ? done(tooLarge(endpoint.maxBody(), id))
                    : call(endpoint, Bytes.of(body.toArrayUnsafe()), id);
              })
          .thenCompose(stage -> stage);
    }

    /// The rest of a body that is over its limit is read and dropped: a client that is still
    /// writing when its connection is closed does not get to see the answer.
    private static ByteString joined(ByteString body, ByteString part, long limit) {
      return body.size() > limit ? body : body.concat(part);
    }

    private static HttpResponse tooLarge(DataSize limit, String id) {
      return error(
          ErrorCode.BODY_TOO_LARGE,
          "the body is over the limit of "
              + limit
              + "; a larger one is set by maxBody(...) of the deployment",
          id);
    }

    private static CompletionStage<HttpResponse> call(Endpoint endpoint, Bytes body, String id) {
      return endpoint.call(body, id).handle((reply, failure) -> response(reply, failure, id));
    }

    private static HttpResponse response(Reply reply, Throwable failure, String id) {
      if (failure != null) {
        Failure known = Failure.of(failure);
        if (known.code() == ErrorCode.HANDLER_FAILED) {
          LOG.error("request {} failed", id, failure);
        }
        return error(known.code(), known.message(), id);
      }
      return switch (reply) {
        case Reply.Ok ok -> json(OK, ok.json().toArray(), id);
        case Reply.BadRequest bad -> error(ErrorCode.BAD_REQUEST, bad.message(), id);
        case Reply.Failed failed -> error(ErrorCode.HANDLER_FAILED, failed.message(), id);
      };
    }

    /// Paths that answer for the node itself.
    private HttpResponse own(HttpRequest request, String path, String id) {
      if (!path.equals("/-/healthz") && !path.equals("/-/routes")) {
        return error(
            ErrorCode.NOT_FOUND,
            "nothing at '" + path + "'; there are /-/healthz and /-/routes",
            id);
      }
      if (!request.method().equals(HttpMethods.GET)) {
        return notAllowed(request.method(), "here", "GET", id);
      }
      if (path.equals("/-/healthz")) {
        return HttpResponse.create().withEntity("ok").addHeader(RawHeader.create(REQUEST_ID, id));
      }
      var names = new TreeMap<String, String>();
      routes.get().all().forEach((route, endpoint) -> names.put(route, endpoint.application()));
      return json(OK, Records.write(names), id);
    }

    private static String unknown(String path, RoutingTable<Endpoint> table) {
      Map<String, Endpoint> all = table.all();
      if (all.isEmpty()) {
        return "nothing at '" + path + "': no application is served";
      }
      String known = String.join(", ", all.keySet().stream().limit(MOST_ROUTES_NAMED).toList());
      return "nothing at '"
          + path
          + "'; the known routes are "
          + known
          + (all.size() > MOST_ROUTES_NAMED ? " and others, see /-/routes" : "");
    }

    private static HttpResponse unread(Throwable failure, DataSize limit, String id) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      return switch (cause) {
        case EntityStreamSizeException _ -> tooLarge(limit, id);
        case TimeoutException _ ->
            error(
                ErrorCode.BODY_TIMEOUT,
                "the body did not arrive within " + BODY_TIME.toSeconds() + " s",
                id);
        default ->
            error(ErrorCode.BAD_REQUEST, "the body can't be read: " + cause.getMessage(), id);
      };
    }

    private static HttpResponse notAllowed(
        HttpMethod method, String where, String allowed, String id) {
      return error(
              ErrorCode.METHOD_NOT_ALLOWED,
              "the method " + method.value() + " is not allowed " + where + "; use " + allowed,
              id)
          .addHeader(RawHeader.create("Allow", allowed));
    }

    private static HttpResponse error(ErrorCode code, String message, String id) {
      HttpResponse response =
          json(
              HttpResponse.create().withStatus(code.status()),
              new Failure(code, message).json(id),
              id);
      return code.retry() ? response.addHeader(RawHeader.create("Retry-After", "1")) : response;
    }

    private static HttpResponse json(HttpResponse template, byte[] body, String id) {
      return template
          .withEntity(
              HttpEntities.create(ContentTypes.APPLICATION_JSON, ByteString.fromArrayUnsafe(body)))
          .addHeader(RawHeader.create(REQUEST_ID, id));
    }

    private static CompletionStage<HttpResponse> done(HttpResponse response) {
      return CompletableFuture.completedFuture(response);
    }

    /// The client's where it is short and plain, else a new one.
    private static String requestId(HttpRequest request) {
      return request
          .getHeader(REQUEST_ID)
          .map(header -> header.value())
          .filter(Requests::plain)
          .orElseGet(() -> Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36));
    }

    private static boolean plain(String id) {
      return !id.isEmpty()
          && id.length() <= LONGEST_ID
          && id.chars().allMatch(c -> c > ' ' && c < 127);
    }
  }
}
