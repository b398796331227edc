package io.manta.samples.orders;

import java.util.UUID;

/// There is no order of that id.
final class OrderUnknownException extends RuntimeException {
  OrderUnknownException(UUID id) {
    super("there is no order " + id);
  }
}
