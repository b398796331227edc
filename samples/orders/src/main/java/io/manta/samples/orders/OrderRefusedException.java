package io.manta.samples.orders;

/// A request that does not go with what happened to the order before.
final class OrderRefusedException extends RuntimeException {
  OrderRefusedException(String reason) {
    super(reason);
  }
}
