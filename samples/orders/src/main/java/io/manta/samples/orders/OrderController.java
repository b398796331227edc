package io.manta.samples.orders;

import io.manta.actors.ActorHandle;
import io.manta.core.RemoteFunction;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/// The orders over HTTP. What goes wrong becomes an answer in [OrderErrors].
@RestController
@RequestMapping("/orders")
class OrderController {
  /// How long a request waits for an order that is being started elsewhere.
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Orders orders;

  OrderController(Orders orders) {
    this.orders = orders;
  }

  record NewOrder(@Nullable String customer) {}

  record NewItem(@Nullable String product, int quantity, @Nullable BigDecimal price) {}

  record Payment(@Nullable String reference) {}

  record Item(String product, int quantity, BigDecimal price) {}

  record View(UUID id, String customer, String status, List<Item> items, BigDecimal total) {
    static View of(UUID id, Order order) {
      return new View(
          id,
          order.customer().orElse(""),
          order.payment().isPresent() ? "PAID" : "OPEN",
          order.lines().stream()
              .map(line -> new Item(line.product(), line.quantity(), line.price()))
              .toList(),
          order.total());
    }
  }

  @PostMapping
  ResponseEntity<View> create(@RequestBody NewOrder body) {
    String customer = text("customer", body.customer());
    UUID id = UUID.randomUUID();
    Answer answer = orders.of(id).call(order -> order.create(customer)).get(PATIENCE);
    return ResponseEntity.created(URI.create("/orders/" + id)).body(view(id, answer));
  }

  /// @param key names the item: sent again under the same one, it is added once
  @PostMapping("/{id}/items")
  View add(
      @PathVariable UUID id,
      @RequestBody NewItem body,
      @RequestHeader("Idempotency-Key") Optional<String> key) {
    BigDecimal price = body.price();
    if (price == null || price.signum() < 0) {
      throw new BadRequestException("price of " + price + " is not 0 or more");
    }
    if (body.quantity() < 1) {
      throw new BadRequestException("quantity of " + body.quantity() + " is not 1 or more");
    }
    var line =
        new OrderLine(
            key.orElseGet(() -> UUID.randomUUID().toString()),
            text("product", body.product()),
            body.quantity(),
            price);
    return ask(id, order -> order.add(line));
  }

  @PostMapping("/{id}/pay")
  View pay(@PathVariable UUID id, @RequestBody Payment body) {
    String reference = text("reference", body.reference());
    return ask(id, order -> order.pay(reference));
  }

  @GetMapping("/{id}")
  View get(@PathVariable UUID id) {
    return ask(id, OrderActor::get);
  }

  private View ask(UUID id, RemoteFunction<OrderActor, Answer> request) {
    ActorHandle<OrderActor> order = orders.of(id);
    Answer answer = order.call(request).get(PATIENCE);
    if (answer instanceof Answer.Unknown) {
      order.kill(); // it was made for this request, and is nothing to keep in memory
    }
    return view(id, answer);
  }

  private static View view(UUID id, Answer answer) {
    return switch (answer) {
      case Answer.Done(Order order) -> View.of(id, order);
      case Answer.Unknown() -> throw new OrderUnknownException(id);
      case Answer.Refused(String reason) -> throw new OrderRefusedException(reason);
    };
  }

  private static String text(String field, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw new BadRequestException(field + " is missing");
    }
    return value;
  }
}
