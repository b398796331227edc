package io.manta.objects.transfer;

import io.manta.objects.store.Allocation;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.BitSet;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// An object on its way in: which chunks have come, which are asked for, which are missing.
final class Incoming {
  /// What became of a wish to pass bytes on.
  enum Copied {
    DONE,
    /// The bytes have not come in time.
    LATER,
    /// The object is complete, or will never be.
    ENDED
  }

  private final Allocation room;
  private final long length;
  private final int chunk;
  private final int chunks;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // guarded by lock
  private final BitSet here = new BitSet();
  private final BitSet asked = new BitSet();
  private boolean ended;
  private long progress = System.nanoTime();
  // held while bytes are passed on, and to end the room
  private final ReentrantReadWriteLock use = new ReentrantReadWriteLock();
  // guarded by use
  private boolean finished;

  Incoming(Allocation room, int chunk) {
    this.room = room;
    this.chunk = chunk;
    length = room.segment().byteSize();
    chunks = Math.toIntExact((length + chunk - 1) / chunk);
  }

  long length() {
    return length;
  }

  long offset(int number) {
    return (long) number * chunk;
  }

  int length(int number) {
    return (int) Math.min(chunk, length - offset(number));
  }

  /// Where a chunk is to be written.
  ByteBuffer room(int number) {
    return room.segment().asSlice(offset(number), length(number)).asByteBuffer();
  }

  /// The first chunk that nobody has asked for, or nothing.
  OptionalInt take() {
    lock.lock();
    try {
      return takeLocked();
    } finally {
      lock.unlock();
    }
  }

  /// Waits for a chunk that nobody has asked for, or until there can be none.
  OptionalInt await() {
    lock.lock();
    try {
      OptionalInt number = takeLocked();
      while (number.isEmpty() && !ended && here.cardinality() < chunks) {
        changed.awaitUninterruptibly();
        number = takeLocked();
      }
      return number;
    } finally {
      lock.unlock();
    }
  }

  private OptionalInt takeLocked() {
    int number = asked.nextClearBit(0);
    if (ended || number >= chunks) {
      return OptionalInt.empty();
    }
    asked.set(number);
    return OptionalInt.of(number);
  }

  void giveBack(int number) {
    lock.lock();
    try {
      asked.clear(number);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void came(int number) {
    lock.lock();
    try {
      here.set(number);
      progress = System.nanoTime();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isComplete() {
    lock.lock();
    try {
      return here.cardinality() == chunks;
    } finally {
      lock.unlock();
    }
  }

  boolean isEnded() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  /// How long no chunk has come.
  Duration silence() {
    lock.lock();
    try {
      return Duration.ofNanos(System.nanoTime() - progress);
    } finally {
      lock.unlock();
    }
  }

  long received() {
    lock.lock();
    try {
      return Math.min(length, (long) here.cardinality() * chunk);
    } finally {
      lock.unlock();
    }
  }

  /// Stops asking for chunks.
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Seals the object if it is complete, else gives its room back. Nobody writes any more.
  boolean finish() {
    end();
    use.writeLock().lock();
    try {
      finished = true;
      boolean complete = isComplete();
      if (complete) {
        room.seal();
      }
      return complete;
    } finally {
      room.close();
      use.writeLock().unlock();
    }
  }

  /// Passes bytes on, waiting for them.
  Copied copy(long offset, ByteBuffer into, Duration timeout) {
    boolean present = awaitBytes(offset, into.remaining(), timeout);
    use.readLock().lock();
    try {
      if (finished) {
        return Copied.ENDED;
      }
      if (!present) {
        return Copied.LATER;
      }
      into.put(room.segment().asSlice(offset, into.remaining()).asByteBuffer());
      return Copied.DONE;
    } finally {
      use.readLock().unlock();
    }
  }

  private boolean awaitBytes(long offset, int bytes, Duration timeout) {
    int first = (int) (offset / chunk);
    int end = (int) ((offset + bytes + chunk - 1) / chunk);
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (!ended && here.nextClearBit(first) < end && left > 0) {
        left = changed.awaitNanos(left);
      }
      return here.nextClearBit(first) >= end;
    } catch (InterruptedException e) {
      // nobody interrupts these threads but an ending process
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
