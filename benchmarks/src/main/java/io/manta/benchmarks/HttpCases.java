package io.manta.benchmarks;

import static io.manta.benchmarks.BenchCase.check;
import static io.manta.benchmarks.Reporter.each;

import io.manta.benchmarks.BenchCase.Warm;
import io.manta.cli.NodeProcess;
import io.manta.serve.Application;
import io.manta.serve.Deployment;
import io.manta.serve.Handler;
import io.manta.serve.Serve;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// Model serving over HTTP, with one replica. In several processes the requests enter at a node
/// that has no cpus and does not host the replica.
final class HttpCases {
  private static final String SUITE = "serve";
  private static final String ROUTE = "/noop";
  private static final String EXPECTED = "{\"ok\":true}";
  private static final double REPLICA_CPUS = 0.1;
  private static final Duration ROUTE_LIMIT = Duration.ofSeconds(20);

  private HttpCases() {}

  /// The response of the handler that does nothing.
  record Ok(boolean ok) {}

  /// Answers each request alike.
  static final class NoOp implements Handler<Void, Ok> {
    @Override
    public Ok handle(Void request) {
      return new Ok(true);
    }
  }

  static List<BenchCase> all() {
    return List.of(
        new Warm(
            SUITE,
            List.of("noop_http", "noop_http_p50_ms", "noop_http_p99_ms"),
            (bed, reporter) -> {
              List<Wrk.Run> runs = runs(bed, reporter, 32);
              reporter.rate("noop_http", each(runs, Wrk.Run::rate));
              reporter.lower("noop_http_p50_ms", each(runs, run -> run.p50Micros() / 1e3), "ms");
              reporter.lower("noop_http_p99_ms", each(runs, run -> run.p99Micros() / 1e3), "ms");
            }),
        new Warm(
            SUITE,
            List.of("noop_http_c1_p50_us"),
            (bed, reporter) ->
                reporter.lower(
                    "noop_http_c1_p50_us",
                    each(runs(bed, reporter, 1), Wrk.Run::p50Micros),
                    "us")));
  }

  private static List<Wrk.Run> runs(TestBed bed, Reporter reporter, int connections)
      throws Exception {
    Wrk wrk = Wrk.find(bed.launcher().folder());
    Optional<HttpEntry> entry =
        bed.worker().isPresent()
            ? Optional.of(HttpEntry.start(bed.launcher(), bed.worker().get()))
            : Optional.empty();
    var deployment =
        Deployment.of("noop", NoOp::new).cpus(REPLICA_CPUS).maxOngoing(100).route(ROUTE);
    try (Application app = Serve.run(bed.manta(), deployment)) {
      URI address = entry.map(HttpEntry::address).orElseGet(app::url);
      awaitAnswer(address);
      return wrk.runs(address, connections, reporter.settings());
    } finally {
      entry.ifPresent(HttpEntry::close);
    }
  }

  /// The node at which requests enter.
  private record HttpEntry(NodeProcess node, URI address) {
    static HttpEntry start(Launcher launcher, NodeProcess worker) throws IOException {
      int port = Launcher.freePort();
      NodeProcess node =
          launcher.startNode(
              "entry", "--address", worker.address(), "--cpus", "0", "--http-port", "" + port);
      return new HttpEntry(node, URI.create("http://127.0.0.1:" + port + ROUTE));
    }

    void close() {
      Launcher.end(node);
    }
  }

  /// Waits until the route is known there, and checks the answer.
  private static void awaitAnswer(URI address) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(address).timeout(ROUTE_LIMIT).build();
      long deadline = System.nanoTime() + ROUTE_LIMIT.toNanos();
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      while (response.statusCode() != 200 && System.nanoTime() < deadline) {
        Launcher.pause(0.1);
        response = client.send(request, BodyHandlers.ofString());
      }
      check(
          response.statusCode() == 200 && response.body().equals(EXPECTED),
          "GET %s gives 200 and %s, not %d and %s"
              .formatted(address, EXPECTED, response.statusCode(), response.body()));
    }
  }
}
