package io.manta.durable.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.DurableStore;
import io.manta.actors.DurableStoreProvider;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.core.StateUnavailableException;
import java.net.ServerSocket;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 90, unit = TimeUnit.SECONDS)
class JdbcDurableStoreProviderTest {
  private static final TimeLimits SHORT =
      new TimeLimits(Duration.ofMillis(500), Duration.ofSeconds(2));
  private static final MantaConfig CONFIG = MantaConfig.defaults();

  private static PostgresServer server;

  @BeforeAll
  static void startServer() throws Exception {
    server = PostgresServer.startOrSkip();
  }

  @AfterAll
  static void stopServer() {
    if (server != null) {
      server.close();
    }
  }

  private static Optional<DurableStore> open(String setting, Map<String, String> environment) {
    return new JdbcDurableStoreProvider(environment, SHORT).open(setting, CONFIG);
  }

  @Test
  void shouldBeFoundByTheServiceLoader() {
    assertThat(ServiceLoader.load(DurableStoreProvider.class))
        .hasAtLeastOneElementOfType(JdbcDurableStoreProvider.class);
  }

  @Test
  void shouldLeaveOtherSettingsToOthers() {
    assertThat(open("embedded", Map.of())).isEmpty();
    assertThat(open("", Map.of())).isEmpty();
  }

  @Test
  void shouldTakeCredentialsFromTheEnvironment() {
    var environment =
        Map.of(
            "MANTA_DURABLE_USER",
            PostgresServer.USER,
            "MANTA_DURABLE_PASSWORD",
            PostgresServer.PASSWORD);

    try (DurableStore store = open(server.database().url(), environment).orElseThrow()) {
      assertThat(store.open("credentials").events()).isEmpty();
    }
  }

  @Test
  void shouldTakeCredentialsFromTheUrl() {
    String url =
        server.database().url() + "&user=" + PostgresServer.USER + "&password=open:sesame@1%262";

    try (DurableStore store = open(url, Map.of()).orElseThrow()) {
      assertThat(store.open("credentials").events()).isEmpty();
    }
  }

  @Test
  void shouldSayWhatToCheckWhenTheDatabaseRefuses() {
    assertThatThrownBy(
            () -> open(server.database().url() + "&user=manta&password=Tr0ub4dor", Map.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres refuses")
        .hasMessageContaining("MANTA_DURABLE_PASSWORD")
        .hasMessageNotContaining("Tr0ub4dor")
        .hasStackTraceContaining("password authentication failed");
    assertThatThrownBy(
            () -> open(server.database().url().replace("/postgres", "/nowhere"), credentials()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("\"nowhere\" does not exist");
  }

  private static Map<String, String> credentials() {
    return Map.of(Database.USER, PostgresServer.USER, Database.PASSWORD, PostgresServer.PASSWORD);
  }

  @Test
  void shouldRefuseTablesOfALaterVersion() throws Exception {
    server.execute("create database later");
    String url = server.database().url().replace("/postgres", "/later");
    open(url, credentials()).orElseThrow().close();
    try (var connection =
            DriverManager.getConnection(url, PostgresServer.USER, PostgresServer.PASSWORD);
        var statement = connection.createStatement()) {
      statement.execute("insert into manta_durable_schema values (2)");
    }

    assertThatThrownBy(() -> open(url, credentials()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("version 2")
        .hasMessageContaining("knows up to 1");
  }

  @Test
  void shouldGiveUpInTimeWhenNobodyAnswers() throws Exception {
    int closed;
    try (var socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    long start = System.nanoTime();
    assertThatThrownBy(
            () ->
                open(
                    "jdbc:postgresql://127.0.0.1:" + closed + "/orders?user=a&password=Tr0ub4dor",
                    Map.of()))
        .isInstanceOf(StateUnavailableException.class)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:" + closed + "/orders,")
        .hasMessageNotContaining("Tr0ub4dor");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void shouldSayWhichDatabasesThereAre() {
    assertThatThrownBy(() -> open("jdbc:oracle:thin:scott/tiger@//host/db", Map.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("jdbc:postgresql:, jdbc:h2:")
        .hasMessageNotContaining("tiger");
  }

  @Test
  void shouldRefuseKeysThatADatabaseCannotKeep() {
    try (DurableStore store = open(server.database().url(), credentials()).orElseThrow()) {
      assertThatThrownBy(() -> store.open("k".repeat(256)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("256 characters; at most 255");
      assertThatThrownBy(() -> store.open("a\0b")).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.open("\ud800")).isInstanceOf(IllegalArgumentException.class);
    }
  }
}
