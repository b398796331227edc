package io.manta.samples.orders;

import io.manta.actors.DurableActor;
import java.util.UUID;
import java.util.function.Supplier;

/// One order. It lives on one node of the cluster and answers one request at a time, wherever that
/// comes from, so it needs no lock and no transaction. What happened to it is kept on several nodes
/// before it answers: when its node dies it goes on from there on another one.
class OrderActor extends DurableActor<Order> {
  OrderActor(UUID id) {
    super(id.toString());
  }

  @Override
  protected Order initialState() {
    return Order.NONE;
  }

  Answer create(String customer) {
    if (state().exists()) {
      return new Answer.Refused("the order was created already");
    }
    return change(new OrderChange.Created(customer));
  }

  Answer add(OrderLine line) {
    return ifExists(
        () -> {
          if (state().hasLine(line.id())) {
            return new Answer.Done(state());
          }
          if (state().payment().isPresent()) {
            return new Answer.Refused("the order is paid: nothing can be added");
          }
          return change(new OrderChange.LineAdded(line));
        });
  }

  Answer pay(String reference) {
    return ifExists(
        () -> {
          if (state().payment().isPresent()) {
            return state().payment().get().equals(reference)
                ? new Answer.Done(state())
                : new Answer.Refused("the order is paid already");
          }
          if (state().lines().isEmpty()) {
            return new Answer.Refused("the order is empty: add an item first");
          }
          return change(new OrderChange.Paid(reference));
        });
  }

  Answer get() {
    return ifExists(() -> new Answer.Done(state()));
  }

  private Answer ifExists(Supplier<Answer> answer) {
    return state().exists() ? answer.get() : new Answer.Unknown();
  }

  private Answer change(OrderChange change) {
    persist(change);
    return new Answer.Done(state());
  }
}
