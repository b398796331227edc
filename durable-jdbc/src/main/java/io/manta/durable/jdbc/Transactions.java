package io.manta.durable.jdbc;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.manta.core.Backoff;
import io.manta.core.ConfigurationException;
import io.manta.core.StateUnavailableException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Runs transactions on a pool of connections, each within a limit of time. One that failed before
/// its commit was asked for did not happen, and is tried again while there is time. Safe for use by
/// many threads.
final class Transactions implements AutoCloseable {
  private static final int CONNECTIONS = 16;
  private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(20), Duration.ofMillis(500));

  /// What one transaction does. It may run several times.
  @FunctionalInterface
  interface Work<T extends @Nullable Object> {
    T run(Connection connection) throws SQLException;
  }

  /// How one attempt ended.
  private sealed interface Attempt<T extends @Nullable Object> {
    record Done<T extends @Nullable Object>(T value) implements Attempt<T> {}

    /// Nothing happened.
    record Failed<T extends @Nullable Object>(SQLException failure) implements Attempt<T> {}

    /// The answer to the commit did not come.
    record InDoubt<T extends @Nullable Object>(SQLException failure) implements Attempt<T> {}
  }

  private final Database database;
  private final TimeLimits limits;
  private final HikariDataSource pool;
  private final ScheduledThreadPoolExecutor watch;

  /// Opens no connection yet.
  ///
  /// @throws ConfigurationException when no driver is there for the database
  Transactions(Database database, Dialect dialect, TimeLimits limits) {
    this.database = database;
    this.limits = limits;
    requireDriver(database, dialect);
    var config = new HikariConfig();
    config.setJdbcUrl(database.url());
    database.user().ifPresent(config::setUsername);
    database.password().ifPresent(config::setPassword);
    dialect.driverProperties().forEach(config::addDataSourceProperty);
    config.setPoolName("manta-durable");
    config.setMaximumPoolSize(CONNECTIONS);
    config.setMinimumIdle(0);
    config.setIdleTimeout(TimeUnit.MINUTES.toMillis(1));
    config.setAutoCommit(false);
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    config.setConnectionInitSql(dialect.sessionSetting());
    config.setConnectionTimeout(limits.connection().toMillis());
    config.setValidationTimeout(250);
    config.setInitializationFailTimeout(-1);
    try {
      this.pool = new HikariDataSource(config);
    } catch (RuntimeException e) {
      throw new ConfigurationException(
          "durable-store " + database + " can't be used: " + e.getMessage(), e);
    }
    this.watch =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("manta-durable-watch").factory());
    watch.setRemoveOnCancelPolicy(true);
  }

  private static void requireDriver(Database database, Dialect dialect) {
    try {
      DriverManager.getDriver(database.url());
    } catch (SQLException e) {
      throw new ConfigurationException(
          "durable-store %s needs a JDBC driver for %s on the class path of each node: %s; for bin/manta set MANTA_CLASS_PATH to its jar"
              .formatted(database, database.scheme(), dialect.driver()),
          e);
    }
  }

  /// Does something in one transaction. Blocks until it is committed.
  ///
  /// @param what for the error, such as `state of "orders" to be kept`
  /// @throws StateUnavailableException when it failed, or when whether it was committed is not
  ///   known; whatever else the work throws rolls back
  <T extends @Nullable Object> T run(String what, Work<T> work) {
    long start = System.nanoTime();
    long end = start + limits.call().toNanos();
    int failures = 0;
    while (true) {
      switch (attempt(work, end)) {
        case Attempt.Done<T>(T value) -> {
          return value;
        }
        case Attempt.InDoubt<T>(SQLException failure) ->
            throw new StateUnavailableException(
                "%s: %s was asked to commit and did not answer, so whether it did is not known"
                    .formatted(what, database),
                failure);
        case Attempt.Failed<T>(SQLException failure) -> {
          failures++;
          Duration pause = BACKOFF.delay(failures, ThreadLocalRandom.current().nextDouble());
          boolean late = end - System.nanoTime() < limits.connection().plus(pause).toNanos();
          if (late
              || SqlFailures.isDefinite(failure)
              || pool.isClosed()
              || Thread.currentThread().isInterrupted()) {
            throw failed(what, failure, failures, start);
          }
          LockSupport.parkNanos(pause.toNanos());
        }
      }
    }
  }

  private StateUnavailableException failed(
      String what, SQLException failure, int failures, long start) {
    String because =
        pool.isClosed()
            ? "the store was closed"
            : Thread.currentThread().isInterrupted()
                ? "the thread was interrupted"
                : SqlFailures.reason(failure);
    return new StateUnavailableException(
        "%s: failed %d times in %.1f s at %s, nothing was changed: %s"
            .formatted(what, failures, (System.nanoTime() - start) / 1e9, database, because),
        failure);
  }

  private <T extends @Nullable Object> Attempt<T> attempt(Work<T> work, long end) {
    Connection connection;
    try {
      connection = pool.getConnection();
    } catch (SQLException e) {
      return new Attempt.Failed<>(e);
    }
    // Neither a read nor a write on a connection whose other end is silent comes back by itself.
    var abort =
        watch.schedule(() -> abort(connection), end - System.nanoTime(), TimeUnit.NANOSECONDS);
    try {
      return transact(connection, work);
    } finally {
      abort.cancel(false);
      close(connection);
    }
  }

  private static <T extends @Nullable Object> Attempt<T> transact(
      Connection connection, Work<T> work) {
    T value;
    try {
      value = work.run(connection);
    } catch (SQLException e) {
      rollBack(connection);
      return new Attempt.Failed<>(e);
    } catch (RuntimeException | Error e) {
      rollBack(connection);
      throw e;
    }
    try {
      connection.commit();
    } catch (SQLException e) {
      return new Attempt.InDoubt<>(e);
    }
    return new Attempt.Done<>(value);
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      // The database rolls back what it hears no more of.
    }
  }

  private static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // It is closed already.
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // The pool drops it. What was committed stays.
    }
  }

  @Override
  public void close() {
    pool.close();
    watch.shutdownNow();
  }
}
