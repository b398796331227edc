package io.manta.durable.jdbc;

import io.manta.actors.DurableStore;
import io.manta.actors.DurableStoreProvider;
import io.manta.actors.MantaConfig;
import io.manta.core.ConfigurationException;
import io.manta.core.StateUnavailableException;
import java.util.Map;
import java.util.Optional;

/// Keeps the state of durable actors in the database that a `durable-store` such as
/// `jdbc:postgresql://host/orders` names. Where the URL has no user and password, these are the
/// environment variables MANTA_DURABLE_USER and MANTA_DURABLE_PASSWORD.
public final class JdbcDurableStoreProvider implements DurableStoreProvider {
  private final Map<String, String> environment;
  private final TimeLimits limits;

  public JdbcDurableStoreProvider() {
    this(System.getenv(), TimeLimits.defaults());
  }

  JdbcDurableStoreProvider(Map<String, String> environment, TimeLimits limits) {
    this.environment = environment;
    this.limits = limits;
  }

  /// Connects to the database, and makes the tables where they are missing. Blocks for at most
  /// about 10 s.
  ///
  /// @throws ConfigurationException when no driver for the database is on the class path, when the
  ///   database refuses the user, or when it has tables of a later Manta
  /// @throws StateUnavailableException when it does not answer in time
  @Override
  public Optional<DurableStore> open(String durableStore, MantaConfig config) {
    if (!durableStore.startsWith(Database.PREFIX)) {
      return Optional.empty();
    }
    Database database = Database.of(durableStore, environment);
    try {
      return Optional.of(JdbcDurableStore.open(database, limits));
    } catch (StateUnavailableException e) {
      if (SqlFailures.needsConfiguration(e)) {
        throw new ConfigurationException(
            "durable-store "
                + database
                + " refuses; check database, user, password and the right to make tables ("
                + Database.USER
                + ", "
                + Database.PASSWORD
                + "): "
                + e.getMessage(),
            e);
      }
      throw e;
    }
  }
}
