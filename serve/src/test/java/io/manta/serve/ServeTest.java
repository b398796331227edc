package io.manta.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.core.GetTimeoutException;
import io.manta.core.InfeasibleException;
import io.manta.core.PendingCallsLimitExceededException;
import io.manta.core.TaskFailedException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class ServeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static Manta manta;

  public static final class Greeter implements Handler<Greeter.Request, Greeter.Response> {
    public record Request(String name, int times) {
      public Request {
        if (times > 3) {
          throw new IllegalArgumentException("times of " + times + " is over 3");
        }
      }
    }

    public record Response(String greeting) {}

    @Override
    public Response handle(Request request) {
      if (request.name() == null) {
        throw new IllegalStateException("nobody to greet");
      }
      return new Response("Hello ".repeat(request.times()) + request.name());
    }
  }

  public static final class Ping implements Handler<Void, Map<String, Boolean>> {
    @Override
    public Map<String, Boolean> handle(Void request) {
      return Map.of("ok", true);
    }
  }

  /// Says who answers.
  public static final class Identity implements Handler<Void, Integer> {
    @Override
    public Integer handle(Void request) {
      return System.identityHashCode(this);
    }
  }

  /// Waits until the test opens the gate.
  public static final class Slow implements Handler<Void, String> {
    static volatile CountDownLatch gate = new CountDownLatch(1);
    static final Set<Thread> interrupted = ConcurrentHashMap.newKeySet();

    @Override
    public String handle(Void request) throws Exception {
      try {
        gate.await();
        return "through";
      } catch (InterruptedException e) {
        interrupted.add(Thread.currentThread());
        throw e;
      }
    }
  }

  public static final class Broken implements Handler<Void, String> {
    public Broken() throws java.io.IOException {
      throw new java.io.IOException("no model at /models/x");
    }

    @Override
    public String handle(Void request) {
      return "";
    }
  }

  /// Counts how many of it are open.
  public static final class Holder implements Handler<Void, Integer>, AutoCloseable {
    static final AtomicInteger OPEN = new AtomicInteger();

    public Holder() {
      OPEN.incrementAndGet();
    }

    @Override
    public Integer handle(Void request) {
      return OPEN.get();
    }

    @Override
    public void close() {
      OPEN.decrementAndGet();
    }
  }

  @BeforeAll
  static void start() {
    manta = Manta.start(MantaConfig.defaults().withCpus(4).withHttpPort(0));
  }

  @AfterAll
  static void close() {
    CLIENT.close();
    manta.close();
  }

  private static HttpRequest post(URI uri, String body) {
    return HttpRequest.newBuilder(uri)
        .timeout(Duration.ofSeconds(30))
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  private static HttpRequest get(URI uri) {
    return HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(30)).build();
  }

  private static HttpResponse<String> send(HttpRequest request) throws Exception {
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  private static JsonNode error(HttpResponse<String> response, int status) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    return JSON.readTree(response.body()).get("error");
  }

  @Test
  void shouldServeAHandlerOverHttp() throws Exception {
    var greeter = Deployment.of("greeter", Greeter::new).replicas(2).cpus(0.5).route("/greet");
    try (var app = Serve.run(manta, greeter)) {
      assertThat(app.url().getPath()).isEqualTo("/greet");
      assertThat(app.name()).isEqualTo("greeter");

      var response = send(post(app.url(), "{\"name\": \"Ada\", \"times\": 2}"));

      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("{\"greeting\":\"Hello Hello Ada\"}");
    }
  }

  @Test
  void shouldTellWhatIsWrongWithARequest() throws Exception {
    try (var app = Serve.run(manta, Deployment.of("greeter", Greeter::new).route("/greet"))) {
      assertThat(error(send(post(app.url(), "{\"name\": ")), 400).get("message").asText())
          .contains("not JSON")
          .contains("line 1, column");
      assertThat(error(send(post(app.url(), "{\"name\": \"Ada\"}")), 400).get("message").asText())
          .contains("field 'times'");
      assertThat(
              error(send(post(app.url(), "{\"name\": \"Ada\", \"times\": 4}")), 400)
                  .get("message")
                  .asText())
          .contains("times of 4 is over 3");
      assertThat(error(send(get(app.url().resolve("/gret"))), 404).get("message").asText())
          .contains("/greet");
      var failed = error(send(post(app.url(), "{\"times\": 1}")), 500);
      assertThat(failed.get("code").asText()).isEqualTo("HANDLER_FAILED");
      assertThat(failed.get("id").asText()).isNotEmpty();
    }
  }

  @Test
  void shouldAnswerAGetForAHandlerThatTakesNothing() throws Exception {
    try (var app = Serve.run(manta, Deployment.of("ping", Ping::new).route("/"))) {
      assertThat(send(get(app.url())).body()).isEqualTo("{\"ok\":true}");
      assertThat(send(get(app.url().resolve("/-/healthz"))).body()).isEqualTo("ok");
      assertThat(send(get(app.url().resolve("/-/routes"))).body()).isEqualTo("{\"/\":\"ping\"}");
    }
  }

  @Test
  void shouldServeALambda() throws Exception {
    var twice = Deployment.of("twice", Integer.class, () -> number -> number * 2);
    try (var app = Serve.run(manta, twice)) {
      assertThat(send(post(app.url(), "21")).body()).isEqualTo("42");
      assertThat(app.handle(twice).call(4).toCompletableFuture().get(20, TimeUnit.SECONDS))
          .isEqualTo(8);
    }
  }

  @Test
  void shouldServeALambdaOnTrees() throws Exception {
    var size = Deployment.of("size", () -> (JsonNode tree) -> Map.of("size", tree.size()));
    try (var app = Serve.run(manta, size)) {
      assertThat(send(post(app.url(), "[1, 2, 3]")).body()).isEqualTo("{\"size\":3}");
    }
  }

  @Test
  void shouldCloseHandlersWithTheirApplication() throws Exception {
    try (var app = Serve.run(manta, Deployment.of("holder", Holder::new).replicas(2))) {
      assertThat(send(get(app.url())).body()).isEqualTo("2");
    }
    assertThat(Holder.OPEN).hasValue(0);
  }

  @Test
  void shouldCloseQuietlyWhenTheRuntimeHasEnded() {
    var other = Manta.start(MantaConfig.defaults().withCpus(1).withHttpPort(0));
    var app = Serve.run(other, Deployment.of("ping", Ping::new));
    other.close();

    app.close();
  }

  @Test
  void shouldKeepNothingWhenOnlyTheRuntimeIsClosed() throws Exception {
    var other = Manta.start(MantaConfig.defaults().withCpus(1).withHttpPort(0));
    var lonely = Deployment.of("lonely", Ping::new);
    var app = Serve.run(other, lonely);
    var handle = app.handle(lonely);
    assertThat(handle.call(null).toCompletableFuture().get(20, TimeUnit.SECONDS))
        .isEqualTo(Map.of("ok", true));
    assertThat(threads()).contains("manta-serve-lonely");

    other.close();

    await().atMost(Duration.ofSeconds(20)).until(() -> !threads().contains("manta-serve-lonely"));
    assertThat(handle.call(null).toCompletableFuture())
        .failsWithin(Duration.ofSeconds(20))
        .withThrowableThat()
        .withMessageContaining("'lonely' is not served any more");
    app.close();
    app.close();
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .collect(Collectors.toSet());
  }

  @Test
  void shouldSpreadRequestsOverAllReplicas() throws Exception {
    try (var app = Serve.run(manta, Deployment.of("identity", Identity::new).replicas(3))) {
      Set<String> seen = ConcurrentHashMap.newKeySet();
      await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                seen.add(send(get(app.url())).body());
                return seen.size() == 3;
              });
    }
  }

  @Test
  void shouldRefuseWhatIsOverTheBoundOfTheQueue() throws Exception {
    Slow.gate = new CountDownLatch(1);
    var slow = Deployment.of("slow", Slow::new).maxOngoing(2).maxQueued(3);
    try (var app = Serve.run(manta, slow)) {
      var answers = new ConcurrentLinkedQueue<HttpResponse<String>>();
      List<CompletableFuture<Void>> all = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        all.add(CLIENT.sendAsync(get(app.url()), BodyHandlers.ofString()).thenAccept(answers::add));
      }
      await().atMost(Duration.ofSeconds(20)).until(() -> answers.size() == 7);
      assertThat(answers)
          .allSatisfy(
              response -> {
                assertThat(error(response, 503).get("code").asText()).isEqualTo("OVERLOADED");
                assertThat(response.headers().firstValue("Retry-After")).contains("1");
              });

      Slow.gate.countDown();

      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
      assertThat(answers.stream().filter(response -> response.statusCode() == 200)).hasSize(5);
    }
  }

  @Test
  void shouldInterruptAHandlerWhoseTimeIsOver() throws Exception {
    Slow.gate = new CountDownLatch(1);
    Slow.interrupted.clear();
    var slow = Deployment.of("slow", Slow::new).timeout(Duration.ofMillis(300));
    try (var app = Serve.run(manta, slow)) {
      assertThat(error(send(get(app.url())), 504).get("message").asText()).contains("300 ms");

      await().atMost(Duration.ofSeconds(20)).until(() -> Slow.interrupted.size() == 1);
    }
  }

  @Test
  void shouldServeTwoApplicationsAndWithdrawEachWhenItIsClosed() throws Exception {
    try (var ping = Serve.run(manta, Deployment.of("ping", Ping::new).route("/a"))) {
      var identity = Serve.run(manta, Deployment.of("identity", Identity::new).route("/a/b"));
      assertThat(send(get(ping.url())).body()).isEqualTo("{\"ok\":true}");
      assertThat(send(get(identity.url())).body()).matches("\\d+");
      URI url = identity.url();

      identity.close();
      identity.close();

      assertThat(send(get(url)).body()).isEqualTo("{\"ok\":true}");
    }
    URI front = Serve.addresses(manta).getFirst();
    assertThat(error(send(get(front.resolve("/a"))), 404).get("message").asText())
        .contains("no application is served");
  }

  @Test
  void shouldServeANameAgainAfterItWasClosed() throws Exception {
    for (int i = 0; i < 3; i++) {
      try (var app = Serve.run(manta, Deployment.of("ping", Ping::new))) {
        assertThat(send(get(app.url())).body()).isEqualTo("{\"ok\":true}");
      }
    }
  }

  @Test
  void shouldRefuseANameOrRouteThatIsTaken() {
    try (var _ = Serve.run(manta, Deployment.of("ping", Ping::new).route("/x"))) {
      assertThatThrownBy(() -> Serve.run(manta, Deployment.of("ping", Ping::new)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("named 'ping'");
      assertThatThrownBy(() -> Serve.run(manta, Deployment.of("pong", Ping::new).route("/x")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("route '/x'")
          .hasMessageContaining("'ping'");
    }
  }

  @Test
  void shouldCallReplicasWithoutHttp() throws Exception {
    Slow.gate = new CountDownLatch(1);
    var greeter = Deployment.of("greeter", Greeter::new);
    var slow = Deployment.of("slow", Slow::new).maxOngoing(1).maxQueued(0);
    try (var app = Serve.run(manta, greeter);
        var slowApp = Serve.run(manta, slow)) {
      var handle = app.handle(greeter);
      assertThat(
              handle
                  .call(new Greeter.Request("Ada", 1))
                  .toCompletableFuture()
                  .get(20, TimeUnit.SECONDS))
          .isEqualTo(new Greeter.Response("Hello Ada"));
      assertThatThrownBy(
              () ->
                  handle
                      .call(new Greeter.Request(null, 1))
                      .toCompletableFuture()
                      .get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TaskFailedException.class)
          .hasRootCauseMessage("nobody to greet");

      var slowHandle = slowApp.handle(slow);
      var first = slowHandle.call(null).toCompletableFuture();
      assertThatThrownBy(() -> slowHandle.call(null).toCompletableFuture().join())
          .hasCauseInstanceOf(PendingCallsLimitExceededException.class);
      Slow.gate.countDown();
      assertThat(first.get(20, TimeUnit.SECONDS)).isEqualTo("through");

      assertThatThrownBy(() -> app.handle(slow)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void shouldSayWhyAReplicaCannotStart() {
    assertThatThrownBy(() -> Serve.run(manta, Deployment.of("broken", Broken::new)))
        .isInstanceOf(TaskFailedException.class)
        .hasMessageContaining("'broken'")
        .hasMessageContaining("no model at /models/x")
        .hasRootCauseInstanceOf(java.io.IOException.class);
    assertThatThrownBy(
            () ->
                Serve.run(
                    manta,
                    Deployment.of("greedy", Ping::new)
                        .gpus(2)
                        .startTimeout(Duration.ofMillis(500))))
        .isInstanceOf(GetTimeoutException.class)
        .hasMessageContaining("1 of 1 replicas of 'greedy'")
        .hasMessageContaining("asks for 2 gpu; free in the cluster are 4 cpu");
  }

  @Test
  void shouldFailWhenNoNodeCouldEverHoldAReplica() {
    var config =
        MantaConfig.defaults()
            .withCpus(1)
            .withHttpPort(0)
            .withInfeasibleWarning(Duration.ofMillis(100))
            .withInfeasibleTimeout(Duration.ofMillis(300));
    try (var other = Manta.start(config)) {
      assertThatThrownBy(() -> Serve.run(other, Deployment.of("greedy", Ping::new).gpus(2)))
          .isInstanceOf(InfeasibleException.class)
          .hasMessageContaining("no replica of 'greedy' can be placed")
          .hasMessageContaining("2 gpu");
    }
  }

  @Test
  void shouldStartItsServerWithTheFirstApplicationOnly() throws Exception {
    try (var other = Manta.start(MantaConfig.defaults().withCpus(1))) {
      assertThat(Serve.addresses(other)).isEmpty();
      try (var app = Serve.run(other, Deployment.of("ping", Ping::new))) {
        assertThat(send(get(app.url())).statusCode()).isEqualTo(200);
        assertThat(Serve.addresses(other)).hasSize(1);
      }
    }
  }

  @Test
  void shouldTakeAFreePortWhenTheDefaultOneIsTaken() throws Exception {
    try (var _ = occupy(8000);
        var other = Manta.start(MantaConfig.defaults().withCpus(1));
        var app = Serve.run(other, Deployment.of("ping", Ping::new))) {
      assertThat(app.url().getPort()).isNotEqualTo(8000);
      assertThat(send(get(app.url())).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void shouldFailToStartANodeWhoseHttpPortIsTaken() throws Exception {
    try (var taken = occupy(0)) {
      assertThatThrownBy(
              () ->
                  Manta.start(
                      MantaConfig.defaults().withCpus(1).withHttpPort(taken.getLocalPort())))
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("HTTP port " + taken.getLocalPort());
    }
  }

  /// Holds a port, or leaves it to whoever has it already.
  private static ServerSocket occupy(int port) throws Exception {
    try {
      return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    } catch (java.net.BindException e) {
      return new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    }
  }

  @Test
  void shouldAnswerManyClientsAtOnce() throws Exception {
    try (var app = Serve.run(manta, Deployment.of("twice", Integer.class, () -> n -> n * 2))) {
      List<CompletableFuture<Boolean>> answers =
          Stream.iterate(1, i -> i + 1)
              .limit(500)
              .map(
                  i ->
                      CLIENT
                          .sendAsync(post(app.url(), "" + i), BodyHandlers.ofString())
                          .thenApply(response -> response.body().equals("" + 2 * i)))
              .toList();
      for (var answer : answers) {
        assertThat(answer.get(30, TimeUnit.SECONDS)).isTrue();
      }
    }
  }
}
