package io.manta.actors;

import io.manta.core.StateUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// A store in static memory, for `durable-store = fake:`, that is out of order when told.
public final class FakeDurableStore implements DurableStore {
  static final AtomicInteger OPENED = new AtomicInteger();

  /// How many writes are kept, and yet not known to be.
  static final AtomicInteger IN_DOUBT = new AtomicInteger();

  /// How many takeovers fail.
  static final AtomicInteger CLOSED = new AtomicInteger();

  private static final ConcurrentHashMap<String, List<byte[]>> EVENTS = new ConcurrentHashMap<>();

  public static final class Provider implements DurableStoreProvider {
    @Override
    public Optional<DurableStore> open(String durableStore, MantaConfig config) {
      return durableStore.startsWith("fake:")
          ? Optional.of(new FakeDurableStore())
          : Optional.empty();
    }
  }

  private static boolean take(AtomicInteger budget) {
    return budget.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
  }

  @Override
  public Session open(String key) {
    OPENED.incrementAndGet();
    if (take(CLOSED)) {
      throw new StateUnavailableException("the fake store is closed", null);
    }
    List<byte[]> all = EVENTS.computeIfAbsent(key, missing -> new ArrayList<>());
    List<byte[]> found = List.copyOf(all);
    return new Session() {
      @Override
      public Optional<byte[]> snapshot() {
        return Optional.empty();
      }

      @Override
      public List<byte[]> events() {
        return found;
      }

      @Override
      public void append(List<byte[]> events) {
        all.addAll(events);
        if (take(IN_DOUBT)) {
          throw new StateUnavailableException("the fake store is in doubt", null);
        }
      }

      @Override
      public void snapshot(byte[] state) {
        throw new UnsupportedOperationException();
      }

      @Override
      public void delete() {
        all.clear();
      }

      @Override
      public Session reopen() {
        return FakeDurableStore.this.open(key);
      }
    };
  }

  @Override
  public void close() {}
}
