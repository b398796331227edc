package io.manta.serve.internal;

import io.manta.core.DataSize;
import java.util.concurrent.CompletionStage;

/// An application as the HTTP server sees it.
interface Endpoint {
  String application();

  DataSize maxBody();

  /// Answers a request; does not block. The stage fails with a [io.manta.core.MantaException] when
  /// no replica answered.
  ///
  /// @param id names the request in logs
  CompletionStage<Reply> call(Bytes body, String id);
}
