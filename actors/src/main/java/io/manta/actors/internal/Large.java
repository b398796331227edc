package io.manta.actors.internal;

import io.manta.core.ObjectId;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An encoded value that lies in object stores: in that of the process that made it, and as copies
/// on other hosts. In the process that owns the object it is kept for as long as this is reachable.
final class Large {
  /// How it can be made once more, in the process that owns the object.
  interface Producer {
    /// Makes it again. Completes with a value to be used in place of this one.
    ///
    /// @param freed whether it was freed and not lost, so that this uses up no retry
    CompletableFuture<StoredValue> again(boolean freed);

    /// Whether it can be made again when nothing went wrong.
    boolean isRepeatable();

    /// Whether that is worth it, so that it is freed as soon as only lineage keeps it.
    boolean isCheap();

    /// How far that is, in words.
    String describe();

    /// What has to be made again before that; nothing while it runs or waits for something else.
    List<ObjectId> awaited();

    /// It will not be asked for again.
    void forget();

    /// The value that it gave became unreachable.
    void collected();
  }

  private final ObjectId stored;
  private final long bytes;
  private final Holders holders;
  private Optional<Producer> producer = Optional.empty();
  private Optional<Cleaner.Cleanable> deletion = Optional.empty();
  private @Nullable CompletableFuture<StoredValue> successor;
  private volatile boolean shelved;
  private WeakReference<@Nullable MemorySegment> view = new WeakReference<>(null);

  /// @param stored its name in the stores
  Large(ObjectId stored, long bytes, Holders holders) {
    this.stored = stored;
    this.bytes = bytes;
    this.holders = holders;
  }

  ObjectId stored() {
    return stored;
  }

  long bytes() {
    return bytes;
  }

  Holders holders() {
    return holders;
  }

  /// @param maker does not refer to this
  synchronized void producedBy(Producer maker) {
    producer = Optional.of(maker);
    Objects.CLEANER.register(this, maker::collected);
  }

  synchronized Optional<Producer> producer() {
    return producer;
  }

  /// From now on its stores are told to delete it when it is freed or becomes unreachable.
  synchronized void deletedBy(Cleaner.Cleanable action) {
    deletion = Optional.of(action);
  }

  /// Nobody is to read it any more.
  void free() {
    Optional<Producer> maker;
    Optional<Cleaner.Cleanable> action;
    synchronized (this) {
      maker = producer;
      action = deletion;
    }
    maker.ifPresent(Producer::forget);
    action.ifPresent(Cleaner.Cleanable::clean);
  }

  /// Nobody uses it for now: its stores delete it, and it is made again when it is wanted.
  void shelve() {
    Optional<Cleaner.Cleanable> action;
    synchronized (this) {
      shelved = true;
      action = deletion;
    }
    action.ifPresent(Cleaner.Cleanable::clean);
    holders.clear();
  }

  boolean isShelved() {
    return shelved;
  }

  /// What takes the place of this one, which is lost; made once.
  CompletableFuture<StoredValue> successor(Supplier<CompletableFuture<StoredValue>> make) {
    CompletableFuture<StoredValue> mine;
    synchronized (this) {
      if (successor != null) {
        return successor;
      }
      mine = new CompletableFuture<>();
      successor = mine;
    }
    // Without the lock: what makes it makes other values too.
    CompletableFuture<StoredValue> made;
    try {
      made = make.get();
    } catch (RuntimeException e) {
      made = CompletableFuture.failedFuture(e);
    }
    made.whenComplete(
        (value, failure) -> {
          if (failure == null) {
            mine.complete(value);
          } else {
            mine.completeExceptionally(failure);
          }
        });
    return mine;
  }

  /// What makes that which takes the place of this one, while it does.
  synchronized Optional<Producer> maker() {
    return successor == null || successor.isDone() ? Optional.empty() : producer;
  }

  /// The bytes, where somebody in this process still reads them.
  synchronized @Nullable MemorySegment view() {
    return view.get();
  }

  synchronized void viewed(MemorySegment bytesInUse) {
    view = new WeakReference<>(bytesInUse);
  }

  @Override
  public String toString() {
    return stored + " of " + bytes + " bytes";
  }
}
