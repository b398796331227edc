package io.manta.durable.jdbc;

import io.manta.actors.DurableStore;
import io.manta.testkit.DurableStoreContract;
import java.util.Optional;

/// The contract on H2, in memory.
class H2StoreTest extends DurableStoreContract {
  @Override
  protected DurableStore openStore() {
    return JdbcDurableStore.open(
        new Database("jdbc:h2:mem:contract;DB_CLOSE_DELAY=-1", Optional.empty(), Optional.empty()),
        TimeLimits.defaults());
  }
}
