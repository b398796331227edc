/// A service for orders: any of its instances serves any order.
@NullMarked
package io.manta.samples.orders;

import org.jspecify.annotations.NullMarked;
