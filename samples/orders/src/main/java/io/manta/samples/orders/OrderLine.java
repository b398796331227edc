package io.manta.samples.orders;

import java.math.BigDecimal;

/// A line of an order.
///
/// @param id chosen by who adds it, so that a request that is sent again adds nothing
record OrderLine(String id, String product, int quantity, BigDecimal price) {
  BigDecimal total() {
    return price.multiply(BigDecimal.valueOf(quantity));
  }
}
