package io.manta.objects.store;

import io.manta.core.ConfigurationException;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.objects.store.Ledger.Count;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// A process's part of its host's store of large values: it makes objects, reads them, and answers
/// for those that it made. Thread-safe; may be used from virtual threads and from interrupted ones.
///
/// An object's bytes stay where they are while somebody reads it: this process through a view, or
/// another process of the host that it is pinned for. Objects that nobody reads may be spilled to
/// disk and come back when they are asked for. A deleted object's bytes are used again when the
/// last reader is gone.
///
/// Methods that open an object wait for the disk when it was spilled, and for memory as [#create]
/// does. They throw [UncheckedIOException] when its bytes can't be read, and
/// [IllegalStateException] when the store is closed.
public final class ObjectStore implements AutoCloseable {
  private final HostFolder host;
  private final StoreThread memoryThread;
  private final StoreThread diskThread;
  private final Memory memory;
  private final ObjectTable table;
  private final Spiller spiller;
  private final Neighbours neighbours;
  private final Pins pins;
  private final AtomicLong views = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  private ObjectStore(
      StoreConfig config,
      HostFolder host,
      StoreThread memoryThread,
      StoreThread diskThread,
      LongSupplier nanoTime) {
    this.host = host;
    this.memoryThread = memoryThread;
    this.diskThread = diskThread;
    memory = new Memory(config, host, memoryThread, nanoTime);
    var spill = new Spill(config, host, diskThread);
    table = new ObjectTable(memory, spill);
    spiller = new Spiller(config, host, memory, spill, table, diskThread);
    neighbours = new Neighbours(host, memoryThread);
    pins = new Pins(table);
    var housekeeping =
        new Housekeeping(
            host, memory, spiller, neighbours, () -> views.get() > 0 || neighbours.isViewed());
    memory.onShortage(housekeeping);
    memoryThread.every(Housekeeping.PERIOD, housekeeping);
  }

  /// Joins the store of a host, or founds it, and removes what dead processes left there.
  ///
  /// @throws ConfigurationException when the folders can't be used, or the store is in use with
  ///   another capacity
  public static ObjectStore open(StoreConfig config) {
    return open(config, System::nanoTime);
  }

  static ObjectStore open(StoreConfig config, LongSupplier nanoTime) {
    var memoryThread = new StoreThread("manta-store-memory");
    var diskThread = new StoreThread("manta-store-disk");
    try {
      HostFolder host = memoryThread.call(() -> HostFolder.open(config));
      return new ObjectStore(config, host, memoryThread, diskThread, nanoTime);
    } catch (IOException | RuntimeException e) {
      memoryThread.close();
      diskThread.close();
      if (e instanceof ConfigurationException known) {
        throw known;
      }
      throw new ConfigurationException(
          "no object store can be opened in " + config.folder() + ": " + e.getMessage(), e);
    }
  }

  /// The same for all stores of a host and different on each host.
  public long host() {
    return host.ledger().host();
  }

  /// The bytes that all processes of the host together may have in it.
  public long capacity() {
    return host.ledger().capacity();
  }

  /// Makes room for an object, spilling others or waiting for room if need be.
  ///
  /// @throws IllegalArgumentException when this store has such an object
  /// @throws io.manta.core.ObjectStoreFullException when there was no room until the time-out; what
  ///   the store holds is unharmed
  /// @throws io.manta.core.WaitInterruptedException when the thread was interrupted while it waited
  ///   for room
  public Allocation create(ObjectId id, long bytes) {
    return new Allocation(this, id, allocate(id, bytes), bytes);
  }

  /// Makes an object of what a function writes into its room, by the calling thread; as [#create]
  /// otherwise, but cheaper for small objects. Nothing is made when the function throws.
  public void put(ObjectId id, long bytes, Consumer<MemorySegment> writer) {
    Range range = allocate(id, bytes);
    try (Arena arena = Arena.ofConfined()) {
      writer.accept(range.segment().mapping().part(range.offset(), bytes, arena, () -> {}));
    } catch (RuntimeException | Error e) {
      abandon(id, range);
      throw e;
    }
    seal(id, range, bytes);
  }

  /// Makes an object of a copy of the bytes.
  public void put(ObjectId id, MemorySegment bytes) {
    put(id, bytes.byteSize(), room -> room.copyFrom(bytes));
  }

  private Range allocate(ObjectId id, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("an object of " + bytes + " bytes can't be");
    }
    table.begin(id);
    try {
      return memory.allocate(id, bytes, true);
    } catch (RuntimeException e) {
      table.abandon(id);
      throw e;
    }
  }

  void seal(ObjectId id, Range range, long bytes) {
    if (closed.get()) {
      throw closedError();
    }
    table.seal(new Held(id, bytes, range));
  }

  void abandon(ObjectId id, Range range) {
    table.abandon(id);
    memory.free(range);
  }

  /// The length of an object of this store, in memory or on disk.
  public OptionalLong length(ObjectId id) {
    return table.length(id);
  }

  /// The read-only bytes of an object of this store. They stay as they are for as long as the
  /// segment, or a slice or buffer made of it, is reachable.
  public Optional<MemorySegment> view(ObjectId id) {
    return view(id, () -> {});
  }

  /// As [#view(ObjectId)]. The action runs when neither the segment nor a slice or buffer of it is
  /// reachable; it must be quick, as it runs on a thread that cleans up for the whole process.
  public Optional<MemorySegment> view(ObjectId id, Runnable unreachable) {
    return load(id)
        .map(
            held -> {
              Range range = held.pinnedRange();
              views.incrementAndGet();
              return range
                  .segment()
                  .mapping()
                  .view(
                      range.offset(),
                      held.length,
                      () -> {
                        views.decrementAndGet();
                        table.unpin(held);
                        unreachable.run();
                      });
            });
  }

  /// What a function makes of the read-only bytes of an object of this store. The segment can't be
  /// reached after the function, nor by other threads. Cheaper than a view, as nothing is left for
  /// the garbage collector.
  public <T> Optional<T> read(ObjectId id, Function<MemorySegment, T> reader) {
    return load(id)
        .map(
            held -> {
              Range range = held.pinnedRange();
              try (Arena arena = Arena.ofConfined()) {
                return reader.apply(
                    range
                        .segment()
                        .mapping()
                        .part(range.offset(), held.length, arena, () -> table.unpin(held))
                        .asReadOnly());
              }
            });
  }

  /// Keeps an object of this store in memory, for another process of the host to [#map] it. Each
  /// pin is given up by one [#unpin], or by [#unpinAll] when that process ended.
  public Optional<Location> pin(ObjectId id, NodeId holder) {
    return load(id).map(held -> pins.add(held, location(held), holder));
  }

  private Location location(Held held) {
    Range range = held.pinnedRange();
    return new Location(host(), range.segment().name(), range.offset(), held.length);
  }

  /// Gives up a pin; does nothing when there is none.
  public void unpin(Location location, NodeId holder) {
    pins.remove(location, holder);
  }

  /// Gives up all pins of a process that ended.
  public void unpinAll(NodeId holder) {
    pins.removeAll(holder);
  }

  /// The read-only bytes of an object that another store of this host pinned for this process, or
  /// nothing when that store's process ended. The action runs when the bytes may be used again: no
  /// segment, slice or buffer of the view is reachable. It should have the object unpinned, and
  /// must be quick, as it runs on a thread that cleans up for the whole process.
  ///
  /// @throws IllegalArgumentException when the location is of another host, or is none
  public Optional<MemorySegment> map(Location location, Runnable unreachable) {
    if (location.host() != host()) {
      throw new IllegalArgumentException(location + " is on another host");
    }
    return neighbours.view(location, unreachable);
  }

  /// Deletes an object of this store and its copy on disk; says whether there was one. Readers keep
  /// their views.
  public boolean delete(ObjectId id) {
    return table.delete(id);
  }

  public Usage usage() {
    Ledger ledger = host.ledger();
    return new Usage(
        ledger.capacity(),
        ledger.sum(Count.RESERVED),
        ledger.sum(Count.USED),
        ledger.sum(Count.SPILLED),
        closed.get() ? 0 : ledger.get(host.entry(), Count.USED),
        table.spilledBytes(),
        table.pinnedBytes(),
        table.count());
  }

  private Optional<Held> load(ObjectId id) {
    try {
      if (closed.get()) {
        throw closedError();
      }
      return spiller.load(id);
    } catch (IOException e) {
      throw new UncheckedIOException("the bytes of " + id + " can't be read", e);
    }
  }

  private static IllegalStateException closedError() {
    return new IllegalStateException("the object store is closed");
  }

  /// Deletes the objects of this store. Views of them stay readable, here and in other processes.
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    diskThread.close();
    try {
      memoryThread.call(
          () -> {
            memory.close();
            neighbours.close();
            host.close();
            return host;
          });
    } catch (IOException e) {
      throw new UncheckedIOException("the object store could not remove its files", e);
    } finally {
      memoryThread.close();
    }
  }
}
