package io.manta.objects.transfer;

import io.manta.core.ObjectId;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// An object that is being brought to this process.
public final class Pull {
  private final ObjectId id;
  private final Holders holders;
  private final CompletableFuture<Long> started = new CompletableFuture<>();
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private volatile @Nullable Incoming incoming;
  private volatile boolean cancelled;

  Pull(ObjectId id, Holders holders) {
    this.id = id;
    this.holders = holders;
  }

  public ObjectId id() {
    return id;
  }

  /// The object's length, once it is known and there is room: from then on this process serves the
  /// chunks that it has, and waits for the others on behalf of who asks.
  public CompletableFuture<Long> started() {
    return started;
  }

  /// Completed when the object is in the store. Fails with an [java.io.IOException] that says why
  /// each holder failed, with [io.manta.core.ObjectStoreFullException] when there is no room, and
  /// with [java.util.concurrent.CancellationException] after [#cancel].
  public CompletableFuture<Void> done() {
    return done;
  }

  /// The bytes that have come.
  public long received() {
    @Nullable Incoming present = incoming;
    return present == null ? 0 : present.received();
  }

  /// One more process that has the object, or receives it. Of use until all others have failed.
  public void addHolder(InetSocketAddress address) {
    holders.add(address);
  }

  /// Stops after the chunks that are on their way.
  public void cancel() {
    cancelled = true;
    @Nullable Incoming present = incoming;
    if (present != null) {
      present.end();
    }
  }

  boolean isCancelled() {
    return cancelled;
  }

  Holders holders() {
    return holders;
  }

  void start(Incoming value) {
    incoming = value;
    if (cancelled) {
      value.end();
    }
    started.complete(value.length());
  }

  void end() {
    done.complete(null);
  }

  void end(Throwable failure) {
    started.completeExceptionally(failure);
    done.completeExceptionally(failure);
  }
}
