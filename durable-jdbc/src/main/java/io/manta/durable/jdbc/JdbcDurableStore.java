package io.manta.durable.jdbc;

import io.manta.actors.DurableStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Keeps the state of actors in the tables of a database. Who opens a key raises the epoch in its
/// row; each change is one transaction that begins by locking that row where it still has the
/// session's epoch, so that none is kept that is older than the last opening.
final class JdbcDurableStore implements DurableStore {
  private final Transactions transactions;

  private JdbcDurableStore(Transactions transactions) {
    this.transactions = transactions;
  }

  /// Connects, and makes the tables where they are missing.
  ///
  /// @throws io.manta.core.ConfigurationException when there is no driver for the database, or only
  ///   later versions know the tables
  /// @throws io.manta.core.StateUnavailableException when the database does not answer in time
  static JdbcDurableStore open(Database database, TimeLimits limits) {
    Dialect dialect = Dialect.of(database);
    var transactions = new Transactions(database, dialect, limits);
    try {
      Tables.makeWhereMissing(transactions, database, dialect);
    } catch (RuntimeException e) {
      transactions.close();
      throw e;
    }
    return new JdbcDurableStore(transactions);
  }

  @Override
  public Session open(String key) {
    Keys.require(key);
    return new JdbcSession(
        transactions,
        key,
        transactions.run(
            "state of \"" + key + "\" to be taken over", connection -> takeOver(connection, key)));
  }

  /// What there is of a key that was opened in this transaction.
  static Kept read(Connection connection, String key) throws SQLException {
    List<byte[]> events = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "select event from manta_durable_event where actor_key = ? order by sequence")) {
      select.setString(1, key);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          events.add(rows.getBytes(1));
        }
      }
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "select epoch, sequence, snapshot from manta_durable where actor_key = ?")) {
      select.setString(1, key);
      try (ResultSet rows = select.executeQuery()) {
        if (!rows.next()) {
          throw new SQLException("the row of \"" + key + "\" was deleted by somebody else");
        }
        return new Kept(
            rows.getLong(1), rows.getLong(2), Optional.ofNullable(rows.getBytes(3)), events);
      }
    }
  }

  private static Kept takeOver(Connection connection, String key) throws SQLException {
    if (update(connection, "update manta_durable set epoch = epoch + 1 where actor_key = ?", key)
        == 0) {
      // Another that does so at the same time makes this fail and begin again.
      update(
          connection,
          "insert into manta_durable (actor_key, epoch, sequence) values (?, 1, 0)",
          key);
    }
    return read(connection, key);
  }

  private static int update(Connection connection, String sql, String key) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, key);
      return statement.executeUpdate();
    }
  }

  @Override
  public void close() {
    transactions.close();
  }
}
