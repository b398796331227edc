package io.manta.actors;

import java.util.Optional;

/// Makes stores for durable actors; found by [java.util.ServiceLoader].
public interface DurableStoreProvider {
  /// The store that the setting `durable-store` names, such as `jdbc:postgresql://host/orders`;
  /// empty when that is for another provider.
  ///
  /// @throws io.manta.core.ConfigurationException when it is for this one, and wrong
  Optional<DurableStore> open(String durableStore, MantaConfig config);
}
