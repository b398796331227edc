package io.manta.actors.internal;

import io.manta.actors.ClusterRecords;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this process knows of one space of records, and who listens.
class LocalRecords implements ClusterRecords {
  private static final Logger LOG = LoggerFactory.getLogger(LocalRecords.class);

  private final CopyOnWriteArrayList<Subscription> subscriptions = new CopyOnWriteArrayList<>();
  private Map<String, byte[]> all = Map.of();

  private final class Subscription implements AutoCloseable {
    private final Consumer<Map<String, byte[]>> listener;
    private final ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofVirtual().name("manta-records").factory());

    Subscription(Consumer<Map<String, byte[]>> listener) {
      this.listener = listener;
    }

    void tell(Map<String, byte[]> records) {
      try {
        thread.execute(() -> accept(records));
      } catch (RejectedExecutionException e) {
        LOG.debug("a closed subscription is told nothing", e);
      }
    }

    private void accept(Map<String, byte[]> records) {
      try {
        listener.accept(records);
      } catch (RuntimeException e) {
        LOG.warn("a listener of records failed", e);
      }
    }

    @Override
    public void close() {
      subscriptions.remove(this);
      thread.shutdown();
    }
  }

  @Override
  public synchronized Map<String, byte[]> all() {
    return all;
  }

  @Override
  public void put(String key, byte[] value) {
    change(next -> next.put(key, value));
  }

  @Override
  public void remove(String key) {
    change(next -> next.remove(key));
  }

  private synchronized void change(Consumer<Map<String, byte[]>> change) {
    var next = new HashMap<>(all);
    change.accept(next);
    replace(next);
  }

  synchronized void replace(Map<String, byte[]> next) {
    all = Map.copyOf(next);
    Map<String, byte[]> now = all;
    subscriptions.forEach(subscription -> subscription.tell(now));
  }

  @Override
  public synchronized AutoCloseable subscribe(Consumer<Map<String, byte[]>> listener) {
    var subscription = new Subscription(listener);
    subscriptions.add(subscription);
    subscription.tell(all);
    return subscription;
  }
}
