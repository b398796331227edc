package io.manta.objects.store;

import io.manta.core.ObjectId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The objects of a process: who is in memory, on disk, pinned, and in which order they were
/// opened. Methods are atomic.
final class ObjectTable {
  private final Memory memory;
  private final Spill spill;
  private final ReentrantLock lock = new ReentrantLock();
  // guarded by lock; the one that was opened longest ago comes first
  private final Map<ObjectId, Held> objects = new LinkedHashMap<>(16, 0.75f, true);
  private final Set<ObjectId> written = new HashSet<>();
  private long pinnedBytes;

  ObjectTable(Memory memory, Spill spill) {
    this.memory = memory;
    this.spill = spill;
  }

  /// Notes that an object is being written.
  ///
  /// @throws IllegalArgumentException when there is such an object already
  void begin(ObjectId id) {
    lock.lock();
    try {
      if (objects.containsKey(id) || !written.add(id)) {
        throw new IllegalArgumentException(id + " is in the store already, or being written");
      }
    } finally {
      lock.unlock();
    }
  }

  void abandon(ObjectId id) {
    lock.lock();
    try {
      written.remove(id);
    } finally {
      lock.unlock();
    }
  }

  void seal(Held held) {
    lock.lock();
    try {
      written.remove(held.id);
      objects.put(held.id, held);
    } finally {
      lock.unlock();
    }
  }

  OptionalLong length(ObjectId id) {
    lock.lock();
    try {
      // get() would make it the one opened last
      return objects.containsKey(id)
          ? OptionalLong.of(objects.get(id).length)
          : OptionalLong.empty();
    } finally {
      lock.unlock();
    }
  }

  /// Keeps an object from being freed, and in memory if it is there.
  Optional<Held> pin(ObjectId id) {
    lock.lock();
    try {
      @Nullable Held held = objects.get(id);
      if (held != null) {
        pin(held);
      }
      return Optional.ofNullable(held);
    } finally {
      lock.unlock();
    }
  }

  void unpin(Held held) {
    lock.lock();
    try {
      unpinLocked(held);
    } finally {
      lock.unlock();
    }
  }

  /// Says whether there was such an object. Its bytes are freed with its last pin.
  boolean delete(ObjectId id) {
    lock.lock();
    try {
      @Nullable Held held = objects.remove(id);
      if (held == null) {
        return false;
      }
      held.deleted = true;
      free(held);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// What a caller that pinned an object has to do before it reads.
  sealed interface Presence {
    record InMemory() implements Presence {}

    /// Bring it back, then complete the future.
    record Restore(Spill.Copy copy, CompletableFuture<Void> restored) implements Presence {}

    /// Somebody else brings it back.
    record Await(CompletableFuture<Void> restored) implements Presence {}
  }

  Presence presence(Held held) {
    lock.lock();
    try {
      @Nullable CompletableFuture<Void> restored = held.restored;
      Spill.@Nullable Copy copy = held.copy;
      if (held.range != null || copy == null) {
        return new Presence.InMemory();
      }
      if (restored != null) {
        return new Presence.Await(restored);
      }
      var mine = new CompletableFuture<Void>();
      held.restored = mine;
      return new Presence.Restore(copy, mine);
    } finally {
      lock.unlock();
    }
  }

  /// Ends what [Presence.Restore] began, with the range that was filled or without.
  void restored(Held held, @Nullable Range range) {
    lock.lock();
    try {
      held.restored = null;
      held.range = range;
    } finally {
      lock.unlock();
    }
  }

  /// Frees the memory of the coldest objects that have a copy on disk, and pins further ones to be
  /// copied, until both together make a number of bytes.
  List<Held> takeColdest(long bytes, long mostCopied) {
    lock.lock();
    try {
      var taken = new ArrayList<Held>();
      long found = 0;
      long copied = 0;
      for (Held held : objects.values()) {
        if (found >= bytes) {
          break;
        }
        if (held.pins > 0 || held.range == null) {
          continue;
        }
        if (held.copy != null) {
          found += held.length;
          leaveMemory(held);
        } else if (copied + held.length <= mostCopied) {
          found += held.length;
          copied += held.length;
          pin(held);
          taken.add(held);
        }
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /// Unpins objects that were copied to disk, and frees the memory of those that nobody opened
  /// meanwhile.
  void copied(List<Held> taken, List<Spill.Copy> copies) {
    lock.lock();
    try {
      for (int i = 0; i < taken.size(); i++) {
        Held held = taken.get(i);
        held.copy = copies.get(i);
        unpinLocked(held);
        if (held.pins == 0 && !held.deleted) {
          leaveMemory(held);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  int count() {
    lock.lock();
    try {
      return objects.size();
    } finally {
      lock.unlock();
    }
  }

  long pinnedBytes() {
    lock.lock();
    try {
      return pinnedBytes;
    } finally {
      lock.unlock();
    }
  }

  long spilledBytes() {
    lock.lock();
    try {
      return objects.values().stream()
          .filter(held -> held.range == null)
          .mapToLong(held -> held.length)
          .sum();
    } finally {
      lock.unlock();
    }
  }

  private void pin(Held held) {
    if (held.pins++ == 0) {
      pinnedBytes += held.length;
    }
  }

  private void unpinLocked(Held held) {
    if (--held.pins == 0) {
      pinnedBytes -= held.length;
      free(held);
    }
  }

  private void free(Held held) {
    if (!held.deleted || held.pins > 0) {
      return;
    }
    leaveMemory(held);
    Spill.@Nullable Copy copy = held.copy;
    if (copy != null) {
      spill.delete(copy);
    }
  }

  private void leaveMemory(Held held) {
    @Nullable Range range = held.range;
    held.range = null;
    if (range != null) {
      memory.free(range);
    }
  }
}
