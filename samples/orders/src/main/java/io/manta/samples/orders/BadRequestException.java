package io.manta.samples.orders;

/// A request that lacks something.
final class BadRequestException extends RuntimeException {
  BadRequestException(String message) {
    super(message);
  }
}
