package io.manta.serve.internal;

/// What a replica answers to a front. It holds no class of the user's, so that a front needs none.
public sealed interface Reply {
  /// The handler's response as JSON.
  record Ok(Bytes json) implements Reply {}

  /// The request could not be read; the message says where and why.
  record BadRequest(String message) implements Reply {}

  /// The handler threw, or its response could not be written. The replica's log has the stack.
  record Failed(String message) implements Reply {}
}
