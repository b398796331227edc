package io.manta.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.samples.orders.OrdersClient.Response;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Three instances in processes of their own are one service.
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class ThreeInstancesTest {
  private static final int ORDERS = 12;
  private static final Duration DEADLINE = Duration.ofSeconds(40);
  private static final String TEA = "{\"product\": \"tea\", \"quantity\": 1, \"price\": 3}";

  private final List<OrdersProcess> instances = new ArrayList<>();
  private final List<OrdersClient> clients = new ArrayList<>();

  @AfterEach
  void end() {
    clients.forEach(OrdersClient::close);
    instances.forEach(OrdersProcess::close);
  }

  private void startThree() throws IOException {
    instances.add(OrdersProcess.start());
    clients.add(instances.getFirst().client());
    String address =
        clients
            .getFirst()
            .get("/actuator/health")
            .body()
            .at("/components/manta/details/address")
            .asString();
    for (int i = 0; i < 2; i++) {
      instances.add(OrdersProcess.start("--manta.addresses=" + address));
    }
    clients.add(instances.get(1).client());
    clients.add(instances.get(2).client());
    for (OrdersClient client : clients) {
      awaitNodes(client, 3);
    }
  }

  private static void awaitNodes(OrdersClient client, int nodes) {
    Awaitility.await(nodes + " nodes")
        .atMost(DEADLINE)
        .until(
            () ->
                client.get("/actuator/health").body().at("/components/manta/details/nodes").asInt()
                    == nodes);
  }

  private interface Request {
    Response send() throws IOException;
  }

  /// Sends a request again as long as the answer is 503, as a client of the service does.
  private Response patiently(String what, Request request) {
    var last = new AtomicReference<Response>();
    try {
      Awaitility.await(what)
          .atMost(DEADLINE)
          .until(
              () -> {
                Response response = request.send();
                last.set(response);
                if (response.status() == 503) {
                  assertThat(response.header("Retry-After")).isNotEmpty();
                }
                return response.status() != 503;
              });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          what + ": still 503 after " + DEADLINE + ": " + last.get() + "\n" + tails(), e);
    }
    return last.get();
  }

  private String tails() {
    var tails = new StringBuilder();
    for (int i = 0; i < instances.size(); i++) {
      tails.append("instance ").append(i).append(":\n").append(instances.get(i).tail());
    }
    return tails.toString();
  }

  @Test
  void shouldServeEveryOrderWhenOneInstanceIsKilled() throws IOException {
    startThree();
    List<String> orders = new ArrayList<>();
    for (int i = 0; i < ORDERS; i++) {
      OrdersClient client = clients.get(i % 3);
      Response created =
          patiently("create " + i, () -> client.post("/orders", "{\"customer\": \"Ada\"}"));
      assertThat(created.status()).isEqualTo(201);
      orders.add(created.header("Location"));
    }
    for (int i = 0; i < ORDERS; i++) {
      String order = orders.get(i);
      OrdersClient another = clients.get((i + 1) % 3);
      Response added =
          patiently(
              "fill " + i, () -> another.post(order + "/items", TEA, "Idempotency-Key", "first"));
      assertThat(added.status()).as("%s", added).isEqualTo(200);
    }

    instances.getFirst().close();

    for (int i = 0; i < ORDERS; i++) {
      String order = orders.get(i);
      OrdersClient client = clients.get(1 + i % 2);
      Response read = patiently("read " + i, () -> client.get(order));
      assertThat(read.status()).as("%s", read).isEqualTo(200);
      assertThat(read.body().get("items")).hasSize(1);
      Response added =
          patiently(
              "fill again " + i,
              () -> client.post(order + "/items", TEA, "Idempotency-Key", "second"));
      assertThat(added.body().get("items")).as("%s", added).hasSize(2);
    }
    for (int i = 0; i < ORDERS; i++) {
      String order = orders.get(i);
      OrdersClient client = clients.get(2 - i % 2);
      Response paid =
          patiently("pay " + i, () -> client.post(order + "/pay", "{\"reference\": \"card\"}"));
      assertThat(paid.body().get("status").asString()).as("%s", paid).isEqualTo("PAID");
      assertThat(paid.body().get("total").decimalValue()).isEqualByComparingTo("6");
    }
    awaitNodes(clients.get(1), 2);

    assertThat(instances.get(1).end(DEADLINE)).as("ends when it is told to").isTrue();
  }
}
