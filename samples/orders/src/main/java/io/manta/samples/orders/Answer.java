package io.manta.samples.orders;

/// What an order says to a request.
sealed interface Answer {
  /// It was done; the order as it is now.
  record Done(Order order) implements Answer {}

  /// There is no such order.
  record Unknown() implements Answer {}

  /// It does not go with what happened to the order before.
  record Refused(String reason) implements Answer {}
}
