package io.manta.samples.orders;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The state of an order. Immutable.
///
/// @param customer empty for an order that nobody has created
/// @param payment the reference of what paid it
record Order(Optional<String> customer, List<OrderLine> lines, Optional<String> payment) {
  static final Order NONE = new Order(Optional.empty(), List.of(), Optional.empty());

  Order {
    lines = List.copyOf(lines);
  }

  boolean exists() {
    return customer.isPresent();
  }

  boolean hasLine(String id) {
    return lines.stream().anyMatch(line -> line.id().equals(id));
  }

  BigDecimal total() {
    return lines.stream().map(OrderLine::total).reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  Order withCustomer(String name) {
    return new Order(Optional.of(name), lines, payment);
  }

  Order withLine(OrderLine line) {
    var more = new ArrayList<>(lines);
    more.add(line);
    return new Order(customer, more, payment);
  }

  Order withPayment(String reference) {
    return new Order(customer, lines, Optional.of(reference));
  }
}
