package io.manta.durable.jdbc;

import io.manta.core.ConfigurationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.OptionalInt;

/// The tables: `manta_durable` has a row for each key, `manta_durable_event` one for each event
/// after its snapshot, and `manta_durable_schema` the version of these.
final class Tables {
  private static final int VERSION = 1;

  private Tables() {}

  /// Makes the tables where they are missing. Several processes may do so at the same time: all but
  /// one fail then, and see the tables when they try again.
  ///
  /// @throws ConfigurationException when a later version of Manta made them
  static void makeWhereMissing(Transactions transactions, Database database, Dialect dialect) {
    int version =
        transactions.run("tables of durable actors", connection -> version(connection, dialect));
    if (version > VERSION) {
      throw new ConfigurationException(
          "durable-store "
              + database
              + " has tables of version "
              + version
              + ", and this Manta knows up to "
              + VERSION
              + ": use the Manta of the nodes that made them, or a later one");
    }
  }

  private static int version(Connection connection, Dialect dialect) throws SQLException {
    OptionalInt version = readVersion(connection);
    if (version.isPresent()) {
      return version.getAsInt();
    }
    try (Statement statement = connection.createStatement()) {
      for (String table : dialect.tables()) {
        statement.execute(table);
      }
    }
    try (PreparedStatement insert =
        connection.prepareStatement("insert into manta_durable_schema (version) values (?)")) {
      insert.setInt(1, VERSION);
      insert.executeUpdate();
    }
    return VERSION;
  }

  private static OptionalInt readVersion(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select max(version) from manta_durable_schema")) {
      int version = rows.next() ? rows.getInt(1) : 0;
      return version == 0 ? OptionalInt.empty() : OptionalInt.of(version);
    } catch (SQLException e) {
      connection.rollback(); // no such table; a connection that is lost throws here
      return OptionalInt.empty();
    }
  }
}
