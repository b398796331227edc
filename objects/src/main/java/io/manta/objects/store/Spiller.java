package io.manta.objects.store;

import io.manta.core.DataSize;
import io.manta.core.ObjectId;
import io.manta.objects.store.Ledger.Count;
import io.manta.objects.store.ObjectTable.Presence;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves a process's objects between memory and disk: the coldest out when the host is nearly full,
/// any back that is asked for.
final class Spiller {
  private static final Logger LOG = LoggerFactory.getLogger(Spiller.class);

  private final StoreConfig config;
  private final HostFolder host;
  private final Memory memory;
  private final Spill spill;
  private final ObjectTable table;
  private final StoreThread thread;
  private final AtomicBoolean asked = new AtomicBoolean();
  private volatile String trouble = "";

  Spiller(
      StoreConfig config,
      HostFolder host,
      Memory memory,
      Spill spill,
      ObjectTable table,
      StoreThread thread) {
    this.config = config;
    this.host = host;
    this.memory = memory;
    this.spill = spill;
    this.table = table;
    this.thread = thread;
  }

  /// Why objects could not leave memory when last tried; empty when they could.
  String trouble() {
    return trouble;
  }

  /// Spills when all objects of the host, or all its segments, take more than they should.
  void check(Count count) {
    long capacity = host.ledger().capacity();
    long excess = host.ledger().sum(count) - (long) (capacity * config.spillThreshold());
    if (excess > 0) {
      spill(excess);
    }
  }

  /// Has at least so many bytes leave memory soon, if there are as many that nobody reads. Not
  /// while others leave: who still lacks room after that asks again.
  void spill(long bytes) {
    if (asked.compareAndSet(false, true)) {
      thread.start(
          () -> {
            try {
              spillNow(bytes);
            } finally {
              asked.set(false);
            }
          });
    }
  }

  private void spillNow(long bytes) {
    long batch =
        Math.max(bytes, Math.min(config.spillFile().bytes(), host.ledger().capacity() / 8));
    List<Held> taken = List.of();
    try {
      long room = spill.room();
      taken = table.takeColdest(batch, room);
      if (taken.isEmpty()) {
        trouble =
            room == 0
                ? "the disk or the quota for spilled objects is full"
                : "readers hold " + new DataSize(table.pinnedBytes());
        return;
      }
      copy(taken);
      trouble = "";
    } catch (IOException | RuntimeException e) {
      LOG.warn("Could not spill {} objects to {}", taken.size(), host.spillFolder(), e);
      trouble = "spilling to " + host.spillFolder() + " failed: " + e.getMessage();
    }
  }

  private void copy(List<Held> taken) throws IOException {
    List<Spill.Copy> copies;
    try (Arena arena = Arena.ofConfined()) {
      copies =
          spill.write(taken.stream().map(held -> bytes(held.pinnedRange(), held, arena)).toList());
    } catch (IOException | RuntimeException e) {
      taken.forEach(table::unpin);
      throw e;
    }
    table.copied(taken, copies);
  }

  /// Pins an object and has it in memory, or finds none.
  Optional<Held> load(ObjectId id) throws IOException {
    Optional<Held> pinned = table.pin(id);
    if (pinned.isPresent()) {
      try {
        load(pinned.get());
      } catch (IOException | RuntimeException e) {
        table.unpin(pinned.get());
        throw e;
      }
    }
    return pinned;
  }

  private void load(Held held) throws IOException {
    while (true) {
      switch (table.presence(held)) {
        case Presence.InMemory _ -> {
          return;
        }
        case Presence.Restore(Spill.Copy copy, CompletableFuture<Void> restored) -> {
          try {
            restore(held, copy);
          } finally {
            restored.complete(null);
          }
        }
        // then look again: it may have failed
        case Presence.Await(CompletableFuture<Void> restored) -> restored.join();
      }
    }
  }

  private void restore(Held held, Spill.Copy copy) throws IOException {
    Optional<Range> range = Optional.empty();
    try {
      Range made = memory.allocate(held.id, held.length, false);
      range = Optional.of(made);
      thread.call(
          () -> {
            try (Arena arena = Arena.ofConfined()) {
              Spill.read(copy, bytes(made, held, arena));
            }
            return held;
          });
      table.restored(held, made);
    } catch (IOException | RuntimeException e) {
      table.restored(held, null);
      range.ifPresent(memory::free);
      throw e;
    }
  }

  private static MemorySegment bytes(Range range, Held held, Arena arena) {
    return range.segment().mapping().part(range.offset(), held.length, arena, () -> {});
  }
}
