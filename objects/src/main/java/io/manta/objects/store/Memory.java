package io.manta.objects.store;

import io.manta.core.DataSize;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.WaitInterruptedException;
import io.manta.objects.store.Ledger.Count;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A process's part of its host's memory: hands out ranges of segments, reserves segments when none
/// has room, and gives up those that nobody uses. Small objects share segments, of which one is
/// reserved ahead.
final class Memory {
  /// Who can do something when there is no room.
  interface Shortage {
    /// Has so many bytes freed soon, if that can be. Called again and again while they are missing.
    void relieve(long bytes);

    /// Why that can't be, or nothing.
    String trouble();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Memory.class);
  private static final long ALIGNMENT = 64;
  private static final long PAGE = 4096;
  private static final long MOST_SHARED = 64L << 20;
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Shortage NO_HELP =
      new Shortage() {
        @Override
        public void relieve(long bytes) {}

        @Override
        public String trouble() {
          return "";
        }
      };

  private final StoreConfig config;
  private final HostFolder host;
  private final Ledger ledger;
  private final StoreThread thread;
  private final LongSupplier nanoTime;
  private final long sharedLength;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();
  private final Space space = new Space();
  // guarded by lock
  private final Set<Segment> segments = new HashSet<>();
  private long frees;
  private boolean reservingAhead;
  private boolean closed;
  private volatile @Nullable IOException failure;
  private volatile Shortage shortage = NO_HELP;

  Memory(StoreConfig config, HostFolder host, StoreThread thread, LongSupplier nanoTime) {
    this.config = config;
    this.host = host;
    this.ledger = host.ledger();
    this.thread = thread;
    this.nanoTime = nanoTime;
    sharedLength = Math.max(pages(Math.min(MOST_SHARED, ledger.capacity() / 8)), PAGE);
  }

  void onShortage(Shortage value) {
    shortage = value;
  }

  /// Takes a range for an object, waiting for room as long as the configuration says.
  ///
  /// @throws ObjectStoreFullException when no room was found
  /// @throws WaitInterruptedException when it is interruptible and had to wait for room
  Range allocate(ObjectId what, long bytes, boolean interruptible) {
    long length = (Math.max(1, bytes) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (length > ledger.capacity()) {
      throw new ObjectStoreFullException(
          String.format(
              "%s of %s can never fit: the store in %s has %s for all objects; give it more"
                  + " (object-store-memory)",
              what, new DataSize(bytes), host.folder(), new DataSize(ledger.capacity())));
    }
    boolean small = length <= sharedLength / 4;
    long deadline = nanoTime.getAsLong() + config.allocateTimeout().toNanos();
    while (true) {
      long seen = frees();
      Optional<Range> range =
          take(length, small)
              .or(() -> reserve(length, small))
              // rather a hole that a large object may miss than none
              .or(() -> take(length, !small));
      if (range.isPresent()) {
        if (small) {
          reserveAhead();
        }
        return range.get();
      }
      shortage.relieve(length);
      long left = deadline - nanoTime.getAsLong();
      if (left <= 0) {
        throw full(what, bytes);
      }
      awaitFree(what, seen, Math.min(left, POLL.toNanos()), interruptible);
    }
  }

  /// Gives a range back; nobody may hold a view of it.
  void free(Range range) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      space.give(range, nanoTime.getAsLong());
      ledger.add(host.entry(), Count.USED, -range.length());
      frees++;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Gives up segments that were empty for long, or all empty ones.
  void trim(boolean all) {
    long before = nanoTime.getAsLong() - config.keepFree().toNanos();
    List<Segment> empty;
    lock.lock();
    try {
      empty = space.removeEmpty(since -> all || since - before <= 0);
      empty.forEach(segments::remove);
    } finally {
      lock.unlock();
    }
    for (Segment segment : empty) {
      try {
        segment.delete();
        ledger.add(host.entry(), Count.RESERVED, -segment.length());
      } catch (IOException e) {
        LOG.warn("Could not delete {}; it counts until the store is closed", segment.name(), e);
      }
    }
  }

  /// Unmaps what nobody views, and wakes who waits for room. The files are left to the host.
  void close() {
    lock.lock();
    try {
      closed = true;
      freed.signalAll();
      segments.forEach(segment -> segment.mapping().release());
      segments.clear();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Range> take(long length, boolean small) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the object store is closed");
      }
      Optional<Range> range = space.take(length, small);
      if (range.isPresent()) {
        ledger.add(host.entry(), Count.USED, length);
      }
      return range;
    } finally {
      lock.unlock();
    }
  }

  private Optional<Range> reserve(long length, boolean small) {
    try {
      return thread.call(
          () -> {
            // one who asked before may have made room for this one too
            Optional<Range> range = take(length, small);
            return range.isPresent()
                ? range
                : newSegment(length, small).map(segment -> use(segment, length));
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Range use(Segment segment, long length) {
    lock.lock();
    try {
      ledger.add(host.entry(), Count.USED, length);
      segments.add(segment);
      return space.add(segment, length);
    } finally {
      lock.unlock();
    }
  }

  private Optional<Segment> newSegment(long length, boolean small) throws IOException {
    long least = pages(length);
    Optional<Segment> segment = tryNewSegment(small ? sharedLength : least, small);
    if (segment.isPresent()) {
      return segment;
    }
    trim(true);
    host.sweep();
    return tryNewSegment(small ? sharedLength : least, small).or(() -> tryNewSegment(least, small));
  }

  private Optional<Segment> tryNewSegment(long length, boolean small) {
    if (!ledger.tryAdd(host.entry(), Count.RESERVED, length, ledger.capacity())) {
      failure = null;
      return Optional.empty();
    }
    try {
      long number = ledger.nextSegment();
      Segment made = Segment.create(host.segmentFile(number), number, small, length);
      failure = null;
      return Optional.of(made);
    } catch (IOException e) {
      ledger.add(host.entry(), Count.RESERVED, -length);
      failure = e;
      return Optional.empty();
    }
  }

  /// Has a segment for small objects made before the last one is full.
  private void reserveAhead() {
    lock.lock();
    try {
      if (reservingAhead || space.freeSmall() > sharedLength / 2 || isNearlyFull()) {
        return;
      }
      reservingAhead = true;
    } finally {
      lock.unlock();
    }
    thread.start(
        () -> {
          Optional<Segment> segment = tryNewSegment(sharedLength, true);
          lock.lock();
          try {
            reservingAhead = false;
            segment.ifPresent(this::addEmpty);
          } finally {
            lock.unlock();
          }
        });
  }

  private void addEmpty(Segment segment) {
    segments.add(segment);
    space.give(new Range(segment, 0, segment.length()), nanoTime.getAsLong());
  }

  private boolean isNearlyFull() {
    return ledger.sum(Count.RESERVED) + sharedLength > ledger.capacity() * config.spillThreshold();
  }

  private long frees() {
    lock.lock();
    try {
      return frees;
    } finally {
      lock.unlock();
    }
  }

  private void awaitFree(ObjectId what, long seen, long nanos, boolean interruptible) {
    boolean interrupted = false;
    long left = nanos;
    lock.lock();
    try {
      while (frees == seen && !closed && left > 0) {
        try {
          left = freed.awaitNanos(left);
        } catch (InterruptedException e) {
          interrupted = true;
          if (interruptible) {
            throw new WaitInterruptedException(
                "the thread was interrupted while " + what + " waited for room in the store", e);
          }
        }
      }
    } finally {
      lock.unlock();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private ObjectStoreFullException full(ObjectId what, long bytes) {
    @Nullable IOException cause = failure;
    String trouble = shortage.trouble();
    return new ObjectStoreFullException(
        String.format(
            "%s of %s found no room within %s: objects take %s and segments %s of %s%s%s; drop"
                + " references, or give the store more (object-store-memory, spill-quota)",
            what,
            new DataSize(bytes),
            config.allocateTimeout(),
            new DataSize(ledger.sum(Count.USED)),
            new DataSize(ledger.sum(Count.RESERVED)),
            new DataSize(ledger.capacity()),
            cause == null ? "" : "; " + cause.getMessage(),
            trouble.isEmpty() ? "" : "; " + trouble),
        cause);
  }

  private static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }
}
