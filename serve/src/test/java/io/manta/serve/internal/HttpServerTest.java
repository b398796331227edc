package io.manta.serve.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.core.ActorDiedException;
import io.manta.core.DataSize;
import io.manta.core.GetTimeoutException;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.TaskFailedException;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class HttpServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static volatile RoutingTable<Endpoint> routes = RoutingTable.empty();
  private static HttpServer server;

  /// An application that answers as a test says.
  private record Fake(
      String application,
      DataSize maxBody,
      BiFunction<Bytes, String, CompletionStage<Reply>> answer)
      implements Endpoint {
    @Override
    public CompletionStage<Reply> call(Bytes body, String id) {
      return answer.apply(body, id);
    }
  }

  @BeforeAll
  static void bind() throws Exception {
    server = HttpServer.bind("127.0.0.1", 0, Optional.empty(), () -> routes);
  }

  @AfterAll
  static void close() {
    CLIENT.close();
    server.close();
  }

  @AfterEach
  void reset() {
    routes = RoutingTable.empty();
  }

  private static void serve(
      String route, BiFunction<Bytes, String, CompletionStage<Reply>> answer) {
    routes = new RoutingTable<>(Map.of(route, new Fake("fake", DataSize.parse("100KiB"), answer)));
  }

  private static void serveReply(String route, Reply reply) {
    serve(route, (body, id) -> CompletableFuture.completedFuture(reply));
  }

  private static CompletionStage<Reply> echo(Bytes body, String id) {
    return CompletableFuture.completedFuture(new Reply.Ok(body));
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path)).timeout(Duration.ofSeconds(20));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, BodyPublisher body) throws Exception {
    return send(request(path).POST(body));
  }

  private static JsonNode error(HttpResponse<String> response, int status, String code)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    JsonNode error = JSON.readTree(response.body()).get("error");
    assertThat(error.get("code").asText()).isEqualTo(code);
    assertThat(error.get("id").asText())
        .isNotEmpty()
        .isEqualTo(response.headers().firstValue("X-Request-ID").orElseThrow());
    return error;
  }

  @Test
  void shouldGiveThePostedBodyToTheHandler() throws Exception {
    serve("/echo", HttpServerTest::echo);

    var response = post("/echo", BodyPublishers.ofString("{\"a\": \"ü\"}"));

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("{\"a\": \"ü\"}");
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(response.headers().firstValue("X-Request-ID")).isPresent();
    assertThat(response.headers().firstValue("Server")).contains("manta");
  }

  @Test
  void shouldGiveAnEmptyObjectToTheHandlerOfAGet() throws Exception {
    serve("/", HttpServerTest::echo);

    assertThat(send(request("/").GET()).body()).isEqualTo("{}");
    assertThat(send(request("/any/path?x=1").GET()).body()).isEqualTo("{}");
    assertThat(send(request("/").method("HEAD", BodyPublishers.noBody())).statusCode())
        .isEqualTo(200);
  }

  @Test
  void shouldReadChunkedBodies() throws Exception {
    serve("/echo", HttpServerTest::echo);
    byte[] body = "x".repeat(50_000).getBytes(UTF_8);

    var response =
        post("/echo", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));

    assertThat(response.body()).hasSize(50_000);
  }

  @Test
  void shouldReadBodiesOfExactlyTheLimit() throws Exception {
    serve("/echo", HttpServerTest::echo);

    assertThat(post("/echo", BodyPublishers.ofString("x".repeat(100 * 1024))).body())
        .hasSize(100 * 1024);
  }

  @ParameterizedTest
  @ValueSource(ints = {100 * 1024 + 1, 5_000_000, 20_000_000})
  void shouldRefuseABodyOverTheLimit(int size) throws Exception {
    serve("/echo", HttpServerTest::echo);
    byte[] body = new byte[size];

    var known = post("/echo", BodyPublishers.ofByteArray(body));

    assertThat(error(known, 413, "BODY_TOO_LARGE").get("message").asText())
        .contains("100 KiB")
        .contains("maxBody");
  }

  @Test
  void shouldAnswerAClientThatReadsOnlyOnceItHasWrittenABodyOverTheLimit() throws Exception {
    serve("/echo", HttpServerTest::echo);
    int size = 20_000_000;
    URI url = URI.create(server.url());
    try (var socket = new Socket(url.getHost(), url.getPort())) {
      socket.setSoTimeout(20_000);
      var out = socket.getOutputStream();
      String head = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + size + "\r\n\r\n";
      out.write(head.getBytes(UTF_8));
      out.write(new byte[size]);
      out.flush();

      var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      assertThat(in.readLine()).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void shouldRefuseAChunkedBodyOverTheLimit() throws Exception {
    serve("/echo", HttpServerTest::echo);
    byte[] body = new byte[150_000];

    error(
        post("/echo", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))),
        413,
        "BODY_TOO_LARGE");
  }

  @Test
  void shouldNameTheKnownRoutesWhenThereIsNone() throws Exception {
    assertThat(error(send(request("/x").GET()), 404, "NOT_FOUND").get("message").asText())
        .isEqualTo("nothing at '/x': no application is served");

    serve("/echo", HttpServerTest::echo);
    assertThat(
            error(post("/echoes", BodyPublishers.ofString("{}")), 404, "NOT_FOUND")
                .get("message")
                .asText())
        .isEqualTo("nothing at '/echoes'; the known routes are /echo");
    error(send(request("/-/nothing").GET()), 404, "NOT_FOUND");
  }

  @Test
  void shouldNameTheMethodsThatAreAllowed() throws Exception {
    serve("/echo", HttpServerTest::echo);

    var response = send(request("/echo").PUT(BodyPublishers.ofString("{}")));
    error(response, 405, "METHOD_NOT_ALLOWED");
    assertThat(response.headers().firstValue("Allow")).contains("GET, POST");

    var own = send(request("/-/healthz").DELETE());
    error(own, 405, "METHOD_NOT_ALLOWED");
    assertThat(own.headers().firstValue("Allow")).contains("GET");
  }

  @Test
  void shouldAskForAPostWhereAnEmptyObjectIsNoRequest() throws Exception {
    serve(
        "/echo",
        (body, id) -> CompletableFuture.completedFuture(new Reply.BadRequest("'x' is missing")));

    var response = send(request("/echo").GET());

    assertThat(error(response, 405, "METHOD_NOT_ALLOWED").get("message").asText())
        .isEqualTo("the method GET is not allowed where the request needs a body; use POST");
    assertThat(response.headers().firstValue("Allow")).contains("POST");
  }

  @Test
  void shouldAnswerForTheNodeItself() throws Exception {
    serve("/echo", HttpServerTest::echo);

    assertThat(send(request("/-/healthz").GET()).body()).isEqualTo("ok");
    assertThat(JSON.readTree(send(request("/-/routes").GET()).body()))
        .isEqualTo(JSON.readTree("{\"/echo\": \"fake\"}"));
  }

  @Test
  void shouldTellTheClientWhatIsWrongWithItsBody() throws Exception {
    serveReply("/echo", new Reply.BadRequest("field \"x\": is missing\n"));

    assertThat(
            error(post("/echo", BodyPublishers.ofString("{}")), 400, "BAD_REQUEST")
                .get("message")
                .asText())
        .isEqualTo("field \"x\": is missing\n");
  }

  @Test
  void shouldNameAFailureOfTheHandlerByTheRequestsId() throws Exception {
    var ids = new CompletableFuture<String>();
    serve(
        "/fail",
        (body, id) -> {
          ids.complete(id);
          return CompletableFuture.completedFuture(new Reply.Failed("the handler failed"));
        });

    var response = send(request("/fail").header("X-Request-ID", "abc-1").GET());

    assertThat(error(response, 500, "HANDLER_FAILED").get("id").asText()).isEqualTo("abc-1");
    assertThat(ids.join()).isEqualTo("abc-1");
  }

  @ParameterizedTest
  @CsvSource({"a b", "ü"})
  void shouldReplaceARequestIdThatIsNotPlain(String id) throws Exception {
    serve("/echo", HttpServerTest::echo);
    try (var socket = new Socket("127.0.0.1", server.port())) {
      socket
          .getOutputStream()
          .write(
              ("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-ID: "
                      + id
                      + "\r\n\r\n")
                  .getBytes(UTF_8));

      String response = new String(socket.getInputStream().readAllBytes(), UTF_8);

      assertThat(response).contains("X-Request-ID: ").doesNotContain("X-Request-ID: " + id);
    }
  }

  @Test
  void shouldAskToRetryWhenOverloadedOrWhenAReplicaDied() throws Exception {
    serve(
        "/busy",
        (body, id) ->
            CompletableFuture.failedFuture(new PendingCallsLimitExceededException("busy")));
    var busy = send(request("/busy").GET());
    error(busy, 503, "OVERLOADED");
    assertThat(busy.headers().firstValue("Retry-After")).contains("1");

    serve(
        "/died",
        (body, id) ->
            CompletableFuture.failedFuture(
                new ActorDiedException(ActorDiedException.Reason.KILLED, "died")));
    var died = send(request("/died").GET());
    error(died, 503, "UNAVAILABLE");
    assertThat(died.headers().firstValue("Retry-After")).contains("1");
  }

  @Test
  void shouldTellTimeoutsAndFailuresOfTheRuntimeApart() throws Exception {
    serve("/late", (body, id) -> CompletableFuture.failedFuture(new GetTimeoutException("late")));
    error(send(request("/late").GET()), 504, "TIMEOUT");

    serve("/oom", (body, id) -> CompletableFuture.failedFuture(new TaskFailedException("oom")));
    error(send(request("/oom").GET()), 500, "HANDLER_FAILED");

    serve(
        "/bug", (body, id) -> CompletableFuture.failedFuture(new IllegalStateException("secret")));
    assertThat(error(send(request("/bug").GET()), 500, "HANDLER_FAILED").toString())
        .contains("java.lang.IllegalStateException")
        .doesNotContain("secret");
  }

  @Test
  void shouldAnswerManyRequestsWhileSomeWait() throws Exception {
    var slow = new CompletableFuture<Reply>();
    serve(
        "/",
        (body, id) ->
            body.latin1().length() > 2
                ? slow
                : CompletableFuture.completedFuture(new Reply.Ok(body)));
    var waiting = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 100; i++) {
      waiting.add(
          CLIENT.sendAsync(
              request("/").POST(BodyPublishers.ofString("slow")).build(), BodyHandlers.ofString()));
    }

    assertThat(send(request("/").GET()).statusCode()).isEqualTo(200);
    slow.complete(new Reply.Ok(new Bytes("{}")));

    List<Integer> statuses =
        waiting.stream().map(w -> w.orTimeout(20, TimeUnit.SECONDS).join().statusCode()).toList();
    assertThat(statuses).hasSize(100).containsOnly(200);
  }

  @Test
  void shouldNameThePortWhenItIsTaken() {
    assertThatThrownBy(
            () -> HttpServer.bind("127.0.0.1", server.port(), Optional.empty(), () -> routes))
        .isInstanceOf(BindException.class)
        .hasMessageContaining("HTTP port " + server.port() + " of 127.0.0.1")
        .hasMessageContaining("http-port");
  }
}
