package io.manta.serve.internal;

/// What can go wrong with a request over HTTP; the name is the code that clients see.
enum ErrorCode {
  BAD_REQUEST(400),
  NOT_FOUND(404),
  METHOD_NOT_ALLOWED(405),
  BODY_TIMEOUT(408),
  BODY_TOO_LARGE(413),
  HANDLER_FAILED(500),
  OVERLOADED(503),
  UNAVAILABLE(503),
  TIMEOUT(504);

  private final int status;

  ErrorCode(int status) {
    this.status = status;
  }

  int status() {
    return status;
  }

  /// Whether the same request may soon succeed.
  boolean retry() {
    return status == 503;
  }
}
