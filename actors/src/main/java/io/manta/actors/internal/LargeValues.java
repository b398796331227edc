package io.manta.actors.internal;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.manta.actors.MantaConfig;
import io.manta.core.GetTimeoutException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import io.manta.objects.EncodedValue;
import io.manta.objects.security.SecurityFolder;
import io.manta.objects.store.Location;
import io.manta.objects.store.ObjectStore;
import io.manta.objects.store.Usage;
import io.manta.objects.transfer.Pull;
import io.manta.objects.transfer.TransferConfig;
import io.manta.objects.transfer.Transfers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Large values in this process's object store, and those that it reads from others'. Store and
/// transfers begin when they are first needed, or the store is prepared.
final class LargeValues {
  private static final Logger LOG = LoggerFactory.getLogger(LargeValues.class);
  private static final long COLLECT_AFTER_MILLIS = 50;

  /// A process that was asked where a value is.
  private record Request(NodeId holder, CompletableFuture<Message.StoredAt> answer) {}

  /// No holder that is known could give it.
  static final class UnreadableException extends RuntimeException {
    UnreadableException(String message) {
      super(message);
    }
  }

  private final MantaRuntime runtime;
  private final KeptBytes kept = new KeptBytes();
  private final KeptBytes viewed = new KeptBytes();
  private final AtomicLong requestNumbers = new AtomicLong();
  private final ConcurrentHashMap<Long, Request> requests = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<ObjectId, CompletableFuture<MemorySegment>> opening =
      new ConcurrentHashMap<>();

  /// Values that this process keeps and that are no object's: closures.
  private final ConcurrentHashMap<ObjectId, Holders> unnamed = new ConcurrentHashMap<>();

  /// What lies in this process's store, with the process that says when it is deleted.
  private final ConcurrentHashMap<ObjectId, NodeId> keepers = new ConcurrentHashMap<>();

  private @Nullable ObjectStore store;
  private @Nullable Transfers transfers;
  private boolean closed;

  LargeValues(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  private synchronized ObjectStore store() {
    if (closed) {
      throw new IllegalStateException("the object store of " + runtime + " is closed");
    }
    ObjectStore open = store;
    if (open == null) {
      open = ObjectStore.open(runtime.config().store());
      store = open;
    }
    return open;
  }

  /// Opens the store ahead of its first use, which then need not wait for it. One that can't be
  /// opened is an error of its first use.
  void prepare() {
    try {
      store();
    } catch (RuntimeException | LinkageError e) {
      LOG.debug("the object store could not be opened ahead", e);
    }
  }

  private synchronized Optional<ObjectStore> storeIfOpen() {
    return Optional.ofNullable(store);
  }

  private synchronized Transfers transfers() {
    Transfers started = transfers;
    if (started == null) {
      try {
        MantaConfig own = runtime.config();
        var address = new InetSocketAddress(own.bindHost().orElse(own.host()), 0);
        TransferConfig config = TransferConfig.defaults().withBind(address).withHost(own.host());
        started =
            Transfers.start(
                runtime
                    .config()
                    .security()
                    .map(SecurityFolder::open)
                    .map(config::withSecurity)
                    .orElse(config),
                store());
      } catch (IOException e) {
        throw new UncheckedIOException("large values can't be sent to other hosts", e);
      }
      transfers = started;
    }
    return started;
  }

  Optional<Usage> usage() {
    return storeIfOpen().map(ObjectStore::usage);
  }

  /// Writes a value into this process's store.
  ///
  /// @throws io.manta.core.ObjectStoreFullException when there is no room
  Large write(EncodedValue encoded) {
    return write(encoded.byteSize(), encoded::writeTo);
  }

  /// As [#write(EncodedValue)].
  Large write(byte[] encoded) {
    return write(encoded.length, room -> room.copyFrom(MemorySegment.ofArray(encoded)));
  }

  /// As [#write(EncodedValue)], for what is no object's value: who reads it names it by the name
  /// that it has in the stores.
  Large writeUnnamed(EncodedValue encoded) {
    return unnamed(write(encoded));
  }

  /// As [#writeUnnamed(EncodedValue)].
  Large writeUnnamed(byte[] encoded) {
    return unnamed(write(encoded));
  }

  private Large unnamed(Large large) {
    unnamed.put(large.stored(), large.holders());
    return large;
  }

  /// Another process begins to have a copy of what is no object's value.
  void copied(NodeId holder, Message.Copied message) {
    var copy = new Holders.Holder(holder, message.host());
    Holders known =
        unnamed.computeIfPresent(
            message.stored(),
            (stored, holders) -> {
              holders.add(copy); // before it is deleted, or not at all
              return holders;
            });
    if (known == null) {
      runtime.cluster().send(holder, new Message.DropStored(message.stored()));
    }
  }

  private Large write(long bytes, Consumer<MemorySegment> writer) {
    var id = new ObjectId(runtime.id(), runtime.objects().nextNumber());
    switch (kept.add(bytes, store().capacity())) {
      case NO -> {
        // the collector finds what is not used any more
      }
      case SOON -> runtime.callbacks().execute(GarbageNudge::collectIfCheap);
      case NOW -> System.gc();
    }
    try {
      store().put(id, bytes, writer);
    } catch (RuntimeException e) {
      kept.remove(bytes);
      throw e;
    }
    keepers.put(id, runtime.id());
    var holders = new Holders(List.of(new Holders.Holder(runtime.id(), store().host())));
    var large = new Large(id, bytes, holders);
    keep(large);
    return large;
  }

  /// This process says when it is deleted: once it is freed, or unreachable.
  void keep(Large large) {
    ObjectId stored = large.stored();
    long bytes = stored.owner().equals(runtime.id()) ? large.bytes() : 0;
    large.deletedBy(Objects.CLEANER.register(large, deletion(stored, large.holders(), bytes)));
  }

  /// A value that another process keeps as that of an object of this process: those that copy it
  /// for this object are told when it is freed.
  Large alsoHeldFor(Large other) {
    var large = new Large(other.stored(), other.bytes(), new Holders(other.holders().list()));
    large.deletedBy(Objects.CLEANER.register(large, deletion(large.stored(), large.holders(), 0)));
    return large;
  }

  private Runnable deletion(ObjectId stored, Holders holders, long bytes) {
    return () -> {
      kept.remove(bytes);
      delete(stored, holders);
    };
  }

  private void delete(ObjectId stored, Holders holders) {
    unnamed.remove(stored);
    for (Holders.Holder holder : holders.list()) {
      if (holder.node().equals(runtime.id())) {
        drop(runtime.id(), stored);
      } else {
        runtime.cluster().send(holder.node(), new Message.DropStored(stored));
      }
    }
  }

  /// A process says that a value in this store is to be deleted.
  void drop(NodeId keeper, ObjectId stored) {
    if (keepers.remove(stored, keeper)) {
      storeIfOpen().ifPresent(open -> open.delete(stored));
    }
  }

  /// From now on another process says when it is deleted.
  void handOver(Large large, NodeId keeper) {
    if (keepers.replace(large.stored(), runtime.id(), keeper) && runtime.cluster().isGone(keeper)) {
      drop(keeper, large.stored());
    }
  }

  // Readers

  /// The bytes of a value, of this store, another one of this host, or copied from another host.
  /// Blocks until they are there.
  ///
  /// @param object whose value it is
  /// @throws UnreadableException when none of its known holders can give it
  /// @throws ObjectStoreFullException when a store has no room for the bytes
  /// @throws GetTimeoutException when they are not there in time
  MemorySegment open(ObjectId object, Large large, Deadline deadline) {
    MemorySegment known = large.view();
    if (known == null) {
      known = view(large.stored(), large.bytes()).orElse(null);
    }
    if (known == null) {
      CompletableFuture<MemorySegment> coming = openOnce(object, large);
      if (!Waits.await(coming, deadline.left(), large)) {
        throw new GetTimeoutException(
            object + " is there, but its " + large.bytes() + " bytes were not within the timeout");
      }
      try {
        known = coming.join();
      } catch (CompletionException e) {
        throw switch (e.getCause()) {
          case MantaException failure -> Failed.rethrown(failure);
          case RuntimeException failure -> failure;
          case null, default -> e;
        };
      }
    }
    large.viewed(known);
    return known;
  }

  private Optional<MemorySegment> view(ObjectId stored, long bytes) {
    return keepers.containsKey(stored)
        ? viewed(store().view(stored, () -> viewed.remove(bytes)))
        : Optional.empty();
  }

  /// A view keeps its bytes in a store until the collector finds that nobody reaches it.
  private Optional<MemorySegment> viewed(Optional<MemorySegment> view) {
    view.ifPresent(
        bytes -> {
          if (viewed.add(bytes.byteSize(), store().capacity()) != KeptBytes.Look.NO) {
            // Not at once: its pause would be in the way of who opens this value.
            CompletableFuture.delayedExecutor(
                    COLLECT_AFTER_MILLIS, MILLISECONDS, runtime.callbacks())
                .execute(GarbageNudge::collectIfCheap);
          }
        });
    return view;
  }

  /// Copies a value to this host before it is read, if no process of it has one and there is room.
  /// Does not wait for the copy.
  CompletableFuture<?> copyAhead(ObjectId object, Large large) {
    long host = store().host();
    boolean here =
        keepers.containsKey(large.stored())
            || large.holders().list().stream().anyMatch(holder -> holder.host() == host);
    return here || !hasRoom(large.bytes())
        ? CompletableFuture.completedFuture(true)
        : openOnce(object, large);
  }

  /// Whether that many bytes more make nothing be spilled.
  private boolean hasRoom(long bytes) {
    Usage usage = store().usage();
    return usage.hostUsed() + bytes <= usage.capacity() * runtime.config().store().spillThreshold();
  }

  /// Readers that come meanwhile share it.
  private CompletableFuture<MemorySegment> openOnce(ObjectId object, Large large) {
    var mine = new CompletableFuture<MemorySegment>();
    var other = opening.putIfAbsent(large.stored(), mine);
    if (other != null) {
      return other;
    }
    runtime
        .callbacks()
        .execute(
            () -> {
              try {
                MemorySegment bytes = openFromOthers(object, large);
                opening.remove(large.stored());
                mine.complete(bytes);
              } catch (Throwable e) {
                opening.remove(large.stored());
                mine.completeExceptionally(e);
              }
            });
    return mine;
  }

  private MemorySegment openFromOthers(ObjectId object, Large large) {
    long host = store().host();
    List<Holders.Holder> others =
        large.holders().list().stream()
            .filter(holder -> !holder.node().equals(runtime.id()))
            .toList();
    for (Holders.Holder holder : others) {
      if (holder.host() == host) {
        Optional<MemorySegment> mapped = map(object, holder, large);
        if (mapped.isPresent()) {
          return mapped.get();
        }
      }
    }
    var addresses = new ArrayList<InetSocketAddress>();
    for (Holders.Holder holder : others) {
      if (holder.host() != host) {
        ask(holder.node(), large.stored(), host).join().address().ifPresent(addresses::add);
      }
    }
    if (addresses.isEmpty()) {
      throw new UnreadableException("none of " + others + " has " + large);
    }
    return pull(object, large, addresses);
  }

  private Optional<MemorySegment> map(ObjectId object, Holders.Holder holder, Large large) {
    NodeId node = holder.node();
    Message.StoredAt at = ask(node, large.stored(), holder.host()).join();
    at.full()
        .ifPresent(
            reason -> {
              throw new ObjectStoreFullException(
                  "%s, which %s spilled, finds no room to be read: %s"
                      .formatted(object, node, reason));
            });
    return at.location()
        .flatMap(
            location ->
                viewed(
                    store()
                        .map(
                            location,
                            () -> {
                              viewed.remove(location.length());
                              runtime.cluster().send(node, new Message.UnpinStored(location));
                            })));
  }

  private MemorySegment pull(ObjectId object, Large large, List<InetSocketAddress> addresses) {
    ObjectId stored = large.stored();
    keepers.put(stored, object.owner());
    Pull pull = transfers().pull(stored, addresses);
    try {
      pull.started().join();
      runtime.objects().copied(object, large, store().host());
      pull.done().join();
      if (runtime.cluster().isGone(object.owner())) {
        drop(object.owner(), stored);
      }
      if (!keepers.containsKey(stored)) {
        store().delete(stored); // it was to be deleted before it was there
      }
      return view(stored, large.bytes())
          .orElseThrow(() -> new UnreadableException(large + " was deleted while it was read"));
    } catch (CompletionException e) {
      keepers.remove(stored);
      large.holders().remove(runtime.id());
      LOG.debug("{} was not pulled", large, e);
      if (e.getCause() instanceof ObjectStoreFullException full) {
        throw full;
      }
      throw new UnreadableException(large + " was not pulled: " + e.getCause());
    }
  }

  private CompletableFuture<Message.StoredAt> ask(NodeId holder, ObjectId stored, long host) {
    long number = requestNumbers.incrementAndGet();
    var answer = new CompletableFuture<Message.StoredAt>();
    requests.put(number, new Request(holder, answer));
    runtime.cluster().send(holder, new Message.PinStored(stored, number, host));
    if (!runtime.cluster().isAlive(holder)) {
      notThere(number);
    }
    return answer;
  }

  private void notThere(long number) {
    answered(new Message.StoredAt(number, Optional.empty(), Optional.empty(), Optional.empty()));
  }

  void answered(Message.StoredAt message) {
    Request request = requests.remove(message.request());
    if (request != null) {
      request.answer.complete(message);
    }
  }

  // Holders

  /// Another process wants to read a value of this store. May block.
  void pin(NodeId reader, Message.PinStored message) {
    Optional<Location> location = Optional.empty();
    Optional<InetSocketAddress> address = Optional.empty();
    Optional<String> full = Optional.empty();
    try {
      CompletableFuture<MemorySegment> coming = opening.get(message.stored());
      if (message.host() != store().host()) {
        int port = transfers().address().getPort();
        address = Optional.of(new InetSocketAddress(runtime.config().host(), port));
      } else {
        if (coming != null && keepers.containsKey(message.stored())) {
          coming.join(); // it is being copied from another host, and waits for nobody here
        }
        location = store().pin(message.stored(), reader);
      }
    } catch (ObjectStoreFullException e) {
      full = Optional.of(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.warn("{} can't be given to {}", message.stored(), reader, e);
    }
    var answer = new Message.StoredAt(message.request(), location, address, full);
    runtime.cluster().send(reader, answer);
    if (runtime.cluster().isGone(reader)) {
      storeIfOpen().ifPresent(open -> open.unpinAll(reader));
    }
  }

  void unpin(NodeId reader, Location location) {
    storeIfOpen().ifPresent(open -> open.unpin(location, reader));
  }

  /// A process is gone: what it read may be moved, and what it kept is deleted.
  void processGone(NodeId node) {
    storeIfOpen().ifPresent(open -> open.unpinAll(node));
    requests.forEach(
        (number, request) -> {
          if (request.holder.equals(node)) {
            notThere(number);
          }
        });
    keepers.forEach((stored, keeper) -> drop(node, stored));
  }

  void close() {
    Transfers started;
    ObjectStore open;
    synchronized (this) {
      closed = true;
      started = transfers;
      open = store;
    }
    requests.keySet().forEach(this::notThere);
    if (started != null) {
      started.close();
    }
    if (open != null) {
      open.close();
    }
  }
}
