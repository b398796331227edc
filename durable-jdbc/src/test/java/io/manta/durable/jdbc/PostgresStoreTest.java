package io.manta.durable.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.actors.DurableStore;
import io.manta.actors.DurableStore.Session;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import io.manta.testkit.DurableStoreContract;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// The contract, and what fails, on a PostgreSQL that these tests start.
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class PostgresStoreTest extends DurableStoreContract {
  private static final TimeLimits SHORT =
      new TimeLimits(Duration.ofMillis(500), Duration.ofSeconds(3));
  private static final String KEY = "orders";

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

  @Override
  protected DurableStore openStore() {
    return JdbcDurableStore.open(server.database(), TimeLimits.defaults());
  }

  private static List<byte[]> event(String text) {
    return List.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> keptEvents(String key) {
    try (DurableStore store = JdbcDurableStore.open(server.database(), SHORT)) {
      return store.open(key).events().stream()
          .map(event -> new String(event, StandardCharsets.UTF_8))
          .toList();
    }
  }

  @Test
  void shouldBeInDoubtWhenTheAnswerToACommitIsLost() throws Exception {
    try (var proxy = new CuttableProxy(server.port());
        DurableStore store = JdbcDurableStore.open(server.databaseBehind(proxy), SHORT)) {
      Session session = store.open("answer-lost");
      session.append(event("one"));
      proxy.set(CuttableProxy.Mode.LOSE_ANSWER_TO_COMMIT);

      assertThatThrownBy(() -> session.append(event("two")))
          .isInstanceOf(StateUnavailableException.class)
          .hasMessageContaining("answer-lost")
          .hasMessageContaining("jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres was")
          .hasMessageContaining("not known");
      proxy.set(CuttableProxy.Mode.PASS);
      assertThatThrownBy(() -> session.append(event("three")))
          .isInstanceOf(StateUnavailableException.class)
          .hasMessageContaining("of no more use");
    }
    assertThat(keptEvents("answer-lost")).containsExactly("one", "two");
  }

  @Test
  void shouldReopenAlsoWhenTheAnswerToThatIsLost() throws Exception {
    try (var proxy = new CuttableProxy(server.port());
        DurableStore store = JdbcDurableStore.open(server.databaseBehind(proxy), SHORT)) {
      Session session = store.open("reopen-lost");
      session.append(event("one"));
      proxy.set(CuttableProxy.Mode.LOSE_ANSWER_TO_COMMIT);
      assertThatThrownBy(session::reopen).isInstanceOf(StateUnavailableException.class);
      proxy.set(CuttableProxy.Mode.PASS);

      Session again = session.reopen();
      again.append(event("two"));

      store.open("reopen-lost").append(event("three"));
      assertThatThrownBy(() -> again.append(event("four")))
          .isInstanceOf(StateFencedException.class);
      assertThatThrownBy(session::reopen).isInstanceOf(StateFencedException.class);
    }
    assertThat(keptEvents("reopen-lost")).containsExactly("one", "two", "three");
  }

  @Test
  void shouldBeInDoubtWhenACommitIsLost() throws Exception {
    try (var proxy = new CuttableProxy(server.port());
        DurableStore store = JdbcDurableStore.open(server.databaseBehind(proxy), SHORT)) {
      Session session = store.open("commit-lost");
      session.append(event("one"));
      proxy.set(CuttableProxy.Mode.LOSE_COMMIT);

      assertThatThrownBy(() -> session.append(event("two")))
          .isInstanceOf(StateUnavailableException.class)
          .hasMessageContaining("not known");
    }
    assertThat(keptEvents("commit-lost")).containsExactly("one");
  }

  @Test
  void shouldGiveUpInTimeWhenTheDatabaseIsSilent() throws Exception {
    try (var proxy = new CuttableProxy(server.port());
        DurableStore store = JdbcDurableStore.open(server.databaseBehind(proxy), SHORT)) {
      Session small = store.open("silent-small");
      Session large = store.open("silent-large");
      proxy.set(CuttableProxy.Mode.SILENT);

      long start = System.nanoTime();
      assertThatThrownBy(() -> small.append(event("one")))
          .isInstanceOf(StateUnavailableException.class);
      assertThatThrownBy(() -> large.snapshot(new byte[50_000_000]))
          .isInstanceOf(StateUnavailableException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
    }
  }

  @Test
  void shouldGoOnAfterARestartOfTheDatabase() throws Exception {
    try (DurableStore store = JdbcDurableStore.open(server.database(), SHORT)) {
      Session session = store.open("restart");
      session.append(event("one"));
      server.stop();
      server.start();
      session.append(event("two"));
      server.crash();
      server.start();
      session.append(event("three"));
    }
    assertThat(keptEvents("restart")).containsExactly("one", "two", "three");
  }

  @Test
  void shouldFailInTimeWhenTheDatabaseIsDown() throws Exception {
    try (DurableStore store = JdbcDurableStore.open(server.database(), SHORT)) {
      Session session = store.open("down");
      server.stop();
      try {
        long start = System.nanoTime();
        assertThatThrownBy(() -> session.append(event("one")))
            .isInstanceOf(StateUnavailableException.class)
            .hasMessageContaining("events of \"down\"")
            .hasMessageContaining("jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres,")
            .hasMessageContaining("nothing was changed");
        assertThatThrownBy(() -> store.open("down")).isInstanceOf(StateUnavailableException.class);
        assertThatThrownBy(() -> JdbcDurableStore.open(server.database(), SHORT))
            .isInstanceOf(StateUnavailableException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(11));
      } finally {
        server.start();
      }
      store.open("down").append(event("two"));
    }
    assertThat(keptEvents("down")).containsExactly("two");
  }

  @Test
  void shouldTakeOverFromAClientThatIsGoneInATransaction() throws Exception {
    try (Connection gone = server.connect();
        DurableStore store = JdbcDurableStore.open(server.database(), TimeLimits.defaults())) {
      store.open("gone");
      gone.setAutoCommit(false);
      try (var statement = gone.createStatement()) {
        statement.execute("set local idle_in_transaction_session_timeout = 2000");
        statement.execute("update manta_durable set epoch = 7 where actor_key = 'gone'");
      }
      store.open("gone").append(event("one")); // waits until the server ends the other
    }
    assertThat(keptEvents("gone")).containsExactly("one");
  }

  @Test
  void shouldSetTimeLimitsOnTheServer() throws Exception {
    try (var transactions =
        new Transactions(server.database(), Dialect.POSTGRESQL, TimeLimits.defaults())) {
      String limit =
          transactions.run(
              "limit",
              connection -> {
                try (var statement = connection.createStatement();
                    var rows = statement.executeQuery("show idle_in_transaction_session_timeout")) {
                  rows.next();
                  return rows.getString(1);
                }
              });
      assertThat(limit).isEqualTo("5s");
    }
  }

  @Test
  void shouldMakeTablesOnceWhenManyStart() throws Exception {
    server.execute("create database many");
    Database many =
        new Database(
            server.database().url().replace("/postgres", "/many"),
            server.database().user(),
            server.database().password());
    List<Callable<DurableStore>> starts = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      starts.add(() -> JdbcDurableStore.open(many, TimeLimits.defaults()));
    }
    List<DurableStore> stores = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<DurableStore> store : threads.invokeAll(starts)) {
        stores.add(store.get());
      }
      for (int i = 0; i < stores.size(); i++) {
        stores.get(i).open("key-" + i).append(event("one"));
      }
    } finally {
      stores.forEach(DurableStore::close);
    }
  }

  @Test
  void shouldKeepAllEventsOfAnAppendOrNone() throws Exception {
    try (DurableStore store = JdbcDurableStore.open(server.database(), SHORT)) {
      Session session = store.open("all-or-none");
      // An event that is in the way of the third makes the append fail half way.
      server.execute(
          "insert into manta_durable_event (actor_key, sequence, event)"
              + " values ('all-or-none', 3, 'x')");
      assertThatThrownBy(
              () ->
                  session.append(
                      List.of(new byte[] {1}, new byte[] {2}, new byte[] {3}, new byte[] {4})))
          .isInstanceOf(StateUnavailableException.class);
    }
    assertThat(keptEvents("all-or-none")).containsExactly("x");
  }

  @Test
  void shouldEndAWaitWhenItsThreadIsInterrupted() throws Exception {
    try (DurableStore store = JdbcDurableStore.open(server.database(), TimeLimits.defaults())) {
      Session session = store.open(KEY);
      Thread.currentThread().interrupt();
      try {
        session.append(event("one"));
      } catch (StateUnavailableException e) {
        assertThat(e).hasMessageContaining("interrupted");
      }
      assertThat(Thread.interrupted()).isTrue();
      store.open(KEY).append(event("two"));
    }
  }

  @Test
  void shouldBeFencedRatherThanUnavailableWhenBothAreTrueLater() throws Exception {
    try (DurableStore store = JdbcDurableStore.open(server.database(), SHORT)) {
      Session old = store.open("old");
      store.open("old");
      assertThatThrownBy(() -> old.append(event("one"))).isInstanceOf(StateFencedException.class);
      server.stop();
      try {
        assertThatThrownBy(() -> old.append(event("one")))
            .as("it knows without the database")
            .isInstanceOf(StateFencedException.class);
      } finally {
        server.start();
      }
    }
  }
}
