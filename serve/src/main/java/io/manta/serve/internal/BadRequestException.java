package io.manta.serve.internal;

/// A body that is not what the handler takes; the message is for the sender.
final class BadRequestException extends Exception {
  BadRequestException(String message, Throwable cause) {
    super(message, cause);
  }

  BadRequestException(String message) {
    super(message);
  }
}
