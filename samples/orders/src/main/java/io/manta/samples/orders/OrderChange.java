package io.manta.samples.orders;

/// What can happen to an order.
sealed interface OrderChange {
  Order applyTo(Order order);

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
