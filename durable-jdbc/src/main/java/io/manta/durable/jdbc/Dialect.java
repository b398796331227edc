package io.manta.durable.jdbc;

import io.manta.core.ConfigurationException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What differs between databases. Keys compare by their code points everywhere, also where a
/// database would take `a` for `A` or `a ` by default.
enum Dialect {
  POSTGRESQL(
      "jdbc:postgresql:",
      "org.postgresql:postgresql",
      "varchar(255)",
      "bytea",
      // A client that is gone in the middle of a transaction must not hold the row of a key.
      "set idle_in_transaction_session_timeout = 5000; set lock_timeout = 5000"),
  H2("jdbc:h2:", "com.h2database:h2", "varchar(255)", "blob", "set lock_timeout 5000");

  private final String scheme;
  private final String driver;
  private final String keyType;
  private final String bytesType;
  private final String sessionSetting;

  Dialect(String scheme, String driver, String keyType, String bytesType, String sessionSetting) {
    this.scheme = scheme;
    this.driver = driver;
    this.keyType = keyType;
    this.bytesType = bytesType;
    this.sessionSetting = sessionSetting;
  }

  /// @throws ConfigurationException when the database is none of these
  static Dialect of(Database database) {
    return Arrays.stream(values())
        .filter(dialect -> dialect.scheme.equals(database.scheme()))
        .findFirst()
        .orElseThrow(
            () ->
                new ConfigurationException(
                    "durable-store "
                        + database
                        + " is not for a database that durable actors can use; these are "
                        + Arrays.stream(values())
                            .map(dialect -> dialect.scheme)
                            .collect(Collectors.joining(", "))));
  }

  /// Group and name of the artifact that has its driver.
  String driver() {
    return driver;
  }

  /// A statement for each new connection: locks are given up after seconds.
  String sessionSetting() {
    return sessionSetting;
  }

  /// For the driver, where the URL does not say otherwise: a connection whose other end is silent
  /// ends some time.
  Map<String, String> driverProperties() {
    return switch (this) {
      case POSTGRESQL ->
          Map.of("connectTimeout", "5", "socketTimeout", "20", "tcpKeepAlive", "true");
      case H2 -> Map.of();
    };
  }

  /// The statements that make what is missing of the tables.
  List<String> tables() {
    return List.of(
        "create table if not exists manta_durable (actor_key "
            + keyType
            + " not null primary key, epoch bigint not null, sequence bigint not null, snapshot "
            + bytesType
            + ")",
        "create table if not exists manta_durable_event (actor_key "
            + keyType
            + " not null, sequence bigint not null, event "
            + bytesType
            + " not null, primary key (actor_key, sequence))",
        "create table if not exists manta_durable_schema (version integer not null primary key)");
  }
}
