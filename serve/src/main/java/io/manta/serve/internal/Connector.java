package io.manta.serve.internal;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/// How a router reaches replicas.
interface Connector<T> {
  /// The living replica of that name. May block.
  Optional<T> find(String name);

  /// Completes when the replica answers, fails when it can't.
  CompletionStage<?> probe(T replica);
}
