package io.manta.samples.orders;

import io.manta.actors.DurableActor.Change;

/// What can happen to an order.
sealed interface OrderChange extends Change<Order> {
  record Created(String customer) implements OrderChange {
    @Override
    public Order applyTo(Order order) {
      return order.withCustomer(customer);
    }
  }

  record LineAdded(OrderLine line) implements OrderChange {
    @Override
    public Order applyTo(Order order) {
      return order.withLine(line);
    }
  }

  record Paid(String reference) implements OrderChange {
    @Override
    public Order applyTo(Order order) {
      return order.withPayment(reference);
    }
  }
}
