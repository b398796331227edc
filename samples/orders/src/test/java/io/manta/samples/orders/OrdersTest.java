package io.manta.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/// One instance in this process, with an embedded node.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class OrdersTest {
  private static ConfigurableApplicationContext application;
  private static OrdersClient client;

  @BeforeAll
  static void start() {
    application = SpringApplication.run(OrdersApplication.class, "--server.port=0");
    client =
        new OrdersClient(
            application.getEnvironment().getRequiredProperty("local.server.port", int.class));
  }

  @AfterAll
  static void end() {
    client.close();
    application.close();
  }

  private static String create() throws IOException {
    var created = client.post("/orders", "{\"customer\": \"Ada\"}");
    assertThat(created.status()).isEqualTo(201);
    assertThat(created.header("Location"))
        .isEqualTo("/orders/" + created.body().get("id").asString());
    return created.header("Location");
  }

  private static final String TEA = "{\"product\": \"tea\", \"quantity\": 2, \"price\": 4.50}";

  @Test
  void shouldKeepAnOrderWhenItIsCreatedFilledAndPaid() throws IOException {
    String order = create();

    var filled = client.post(order + "/items", TEA);
    assertThat(filled.status()).isEqualTo(200);
    var paid = client.post(order + "/pay", "{\"reference\": \"card-1\"}");
    assertThat(paid.status()).isEqualTo(200);

    var read = client.get(order);
    assertThat(read.status()).isEqualTo(200);
    assertThat(read.body()).isEqualTo(paid.body());
    assertThat(read.body().get("customer").asString()).isEqualTo("Ada");
    assertThat(read.body().get("status").asString()).isEqualTo("PAID");
    assertThat(read.body().get("total").decimalValue()).isEqualByComparingTo("9.00");
    assertThat(read.body().get("items").get(0).get("product").asString()).isEqualTo("tea");
  }

  @Test
  void shouldAddAnItemOnceWhenTheRequestIsSentAgain() throws IOException {
    String order = create();

    client.post(order + "/items", TEA, "Idempotency-Key", "a");
    var again = client.post(order + "/items", TEA, "Idempotency-Key", "a");
    assertThat(again.status()).isEqualTo(200);
    assertThat(again.body().get("items")).hasSize(1);

    assertThat(client.post(order + "/items", TEA).body().get("items")).hasSize(2);
    client.post(order + "/pay", "{\"reference\": \"card-1\"}");
    assertThat(client.post(order + "/pay", "{\"reference\": \"card-1\"}").status()).isEqualTo(200);
  }

  @Test
  void shouldAnswer404WhenThereIsNoSuchOrder() throws IOException {
    String path = "/orders/" + UUID.randomUUID();

    var unknown = client.get(path);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.header("Content-Type")).startsWith("application/problem+json");
    assertThat(unknown.body().get("detail").asString()).startsWith("there is no order ");
    assertThat(client.post(path + "/items", TEA).status()).isEqualTo(404);
    assertThat(client.post(path + "/pay", "{\"reference\": \"card-1\"}").status()).isEqualTo(404);
  }

  @Test
  void shouldAnswer409WhenTheRequestDoesNotGoWithTheOrder() throws IOException {
    String order = create();

    var empty = client.post(order + "/pay", "{\"reference\": \"card-1\"}");
    assertThat(empty.status()).isEqualTo(409);
    assertThat(empty.body().get("detail").asString()).contains("the order is empty");

    client.post(order + "/items", TEA);
    client.post(order + "/pay", "{\"reference\": \"card-1\"}");
    assertThat(client.post(order + "/pay", "{\"reference\": \"card-2\"}").status()).isEqualTo(409);
    assertThat(client.post(order + "/items", TEA).status()).isEqualTo(409);
  }

  @Test
  void shouldAnswer400WhenTheRequestIsWrong() throws IOException {
    String order = create();

    assertThat(client.post("/orders", "{}").body().get("detail").asString())
        .isEqualTo("customer is missing");
    var none =
        client.post(order + "/items", "{\"product\": \"tea\", \"quantity\": 0, \"price\": 1}");
    assertThat(none.status()).isEqualTo(400);
    assertThat(none.body().get("detail").asString()).isEqualTo("quantity of 0 is not 1 or more");
    assertThat(client.post(order + "/items", "{\"product\": \"tea\", \"quantity\": 1}").status())
        .isEqualTo(400);
    assertThat(client.post("/orders", "no json").status()).isEqualTo(400);
    assertThat(client.get("/orders/no-id").status()).isEqualTo(400);
  }

  @Test
  void shouldTellTheHealthOfItsNode() throws IOException {
    var health = client.get("/actuator/health");

    assertThat(health.status()).isEqualTo(200);
    assertThat(health.body().at("/components/manta/status").asString()).isEqualTo("UP");
    assertThat(health.body().at("/components/manta/details/nodes").asInt()).isEqualTo(1);
    assertThat(client.get("/actuator/health/liveness").status()).isEqualTo(200);
  }
}
