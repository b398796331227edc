package io.manta.objects.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// What each process of a host takes, in a file that all of them map. An entry is written by its
/// process alone, and cleared by whoever finds that process dead; sums are taken over all entries,
/// so nothing needs repair after a crash.
///
/// A process enters a bid first and then looks at the sum: of two that bid for the last bytes both
/// may be refused, but never both admitted.
final class Ledger {
  /// The most processes of a host that have a store open at once.
  static final int ENTRIES = 1024;

  /// What an entry counts.
  enum Count {
    /// Bytes of segments.
    RESERVED(0),
    /// Bytes of objects in memory.
    USED(8),
    /// Bytes of spill files.
    SPILLED(16);

    private final int offset;

    Count(int offset) {
      this.offset = offset;
    }
  }

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final long FORMAT = 0x4d616e7461_0001L;
  private static final int HEADER = 128;
  private static final int ENTRY = 64;
  private static final int SIZE = HEADER + ENTRIES * ENTRY;
  private static final int HOST = 8;
  private static final int CAPACITY = 16;
  private static final int SEGMENTS = 24;
  private static final int CALLS = 32;

  private final MemorySegment bytes;

  private Ledger(MemorySegment bytes) {
    this.bytes = bytes;
  }

  /// Writes an empty one. Nobody else may open the file meanwhile.
  static Ledger create(Path file, long host, long capacity) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      var zeros = ByteBuffer.allocate(SIZE);
      while (zeros.hasRemaining()) {
        channel.write(zeros);
      }
      var made = new Ledger(map(channel));
      made.bytes.set(ValueLayout.JAVA_LONG, HOST, host);
      made.bytes.set(ValueLayout.JAVA_LONG, CAPACITY, capacity);
      LONG.setVolatile(made.bytes, 0L, FORMAT);
      return made;
    }
  }

  static Ledger open(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() != SIZE) {
        throw new IOException(file + " is not a ledger of this version of Manta");
      }
      var opened = new Ledger(map(channel));
      if ((long) LONG.getVolatile(opened.bytes, 0L) != FORMAT) {
        throw new IOException(file + " is not a ledger of this version of Manta");
      }
      return opened;
    }
  }

  private static MemorySegment map(FileChannel channel) throws IOException {
    return channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE, Arena.ofAuto());
  }

  long host() {
    return bytes.get(ValueLayout.JAVA_LONG, HOST);
  }

  long capacity() {
    return bytes.get(ValueLayout.JAVA_LONG, CAPACITY);
  }

  /// A number that no other segment of the host has.
  long nextSegment() {
    return (long) LONG.getAndAdd(bytes, (long) SEGMENTS, 1L);
  }

  /// How often a process of the host called for memory that others keep.
  long calls() {
    return (long) LONG.getVolatile(bytes, (long) CALLS);
  }

  void call() {
    LONG.getAndAdd(bytes, (long) CALLS, 1L);
  }

  long get(int entry, Count count) {
    return (long) LONG.getVolatile(bytes, offset(entry, count));
  }

  void add(int entry, Count count, long amount) {
    LONG.getAndAdd(bytes, offset(entry, count), amount);
  }

  /// Adds when the sum over all entries is then no more than a limit.
  boolean tryAdd(int entry, Count count, long amount, long limit) {
    add(entry, count, amount);
    if (sum(count) <= limit) {
      return true;
    }
    add(entry, count, -amount);
    return false;
  }

  long sum(Count count) {
    long sum = 0;
    for (int entry = 0; entry < ENTRIES; entry++) {
      sum += get(entry, count);
    }
    return sum;
  }

  boolean isClear(int entry) {
    for (Count count : Count.values()) {
      if (get(entry, count) != 0) {
        return false;
      }
    }
    return true;
  }

  void clear(int entry) {
    for (Count count : Count.values()) {
      LONG.setVolatile(bytes, offset(entry, count), 0L);
    }
  }

  private static long offset(int entry, Count count) {
    return HEADER + (long) entry * ENTRY + count.offset;
  }
}
