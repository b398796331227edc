package io.manta.durable.jdbc;

import java.sql.SQLException;
import java.util.List;

/// What the codes of SQL failures (SQLSTATE) say.
final class SqlFailures {
  /// Who asks, the database and the right to make tables.
  private static final List<String> CONFIGURATION = List.of("28", "3D", "42501");

  /// Values that do not fit.
  private static final List<String> VALUES = List.of("22", "54");

  private SqlFailures() {}

  /// Only another setting, or another right in the database, helps.
  static boolean needsConfiguration(Throwable failure) {
    return hasState(failure, CONFIGURATION);
  }

  /// The same again fails again.
  static boolean isDefinite(SQLException failure) {
    return hasState(failure, CONFIGURATION) || hasState(failure, VALUES);
  }

  /// What the first cause says: a pool says only that there is no connection.
  static String reason(Throwable failure) {
    Throwable first = failure;
    while (first.getCause() != null) {
      first = first.getCause();
    }
    return first.getMessage() == null ? first.toString() : first.getMessage();
  }

  private static boolean hasState(Throwable failure, List<String> prefixes) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SQLException sql && sql.getSQLState() != null) {
        String state = sql.getSQLState();
        if (prefixes.stream().anyMatch(state::startsWith)) {
          return true;
        }
      }
    }
    return false;
  }
}
