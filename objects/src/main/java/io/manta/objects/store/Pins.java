package io.manta.objects.store;

import io.manta.core.NodeId;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Which other processes read which objects. Kept by location, which names the bytes: an object
/// that is deleted and made anew is another one to its readers.
final class Pins {
  private record Pin(Held held, int count) {}

  private final ObjectTable table;
  private final ReentrantLock lock = new ReentrantLock();
  // guarded by lock
  private final Map<NodeId, Map<Location, Pin>> holders = new HashMap<>();

  Pins(ObjectTable table) {
    this.table = table;
  }

  /// Takes over a pin of the table's for a process.
  Location add(Held held, Location location, NodeId holder) {
    lock.lock();
    try {
      holders
          .computeIfAbsent(holder, ignored -> new HashMap<>())
          .merge(location, new Pin(held, 1), (pin, ignored) -> new Pin(pin.held, pin.count + 1));
    } finally {
      lock.unlock();
    }
    return location;
  }

  void remove(Location location, NodeId holder) {
    lock.lock();
    try {
      @Nullable Map<Location, Pin> pins = holders.get(holder);
      @Nullable Pin pin = pins == null ? null : pins.get(location);
      if (pins == null || pin == null) {
        return;
      }
      if (pin.count > 1) {
        pins.put(location, new Pin(pin.held, pin.count - 1));
      } else {
        pins.remove(location);
        if (pins.isEmpty()) {
          holders.remove(holder);
        }
      }
      table.unpin(pin.held);
    } finally {
      lock.unlock();
    }
  }

  void removeAll(NodeId holder) {
    lock.lock();
    try {
      @Nullable Map<Location, Pin> pins = holders.remove(holder);
      if (pins != null) {
        for (Pin pin : pins.values()) {
          for (int i = 0; i < pin.count; i++) {
            table.unpin(pin.held);
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }
}
