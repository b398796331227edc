package io.manta.objects.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicInteger;

/// A segment file in the memory of this process. It is unmapped when its owner and all parts of it
/// were given up; parts hold it by count, as the memory they look at is not of their own arena.
final class Mapping {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment bytes;
  private final AtomicInteger holds = new AtomicInteger(1);

  /// Maps a whole file.
  Mapping(FileChannel file, FileChannel.MapMode mode) throws IOException {
    bytes = file.map(mode, 0, file.size(), arena);
  }

  /// Touches each page, so that nobody waits for it later.
  void load() {
    bytes.load();
  }

  long length() {
    return bytes.byteSize();
  }

  boolean isViewed() {
    return holds.get() > 1;
  }

  /// A read-only part for as long as it is reachable. The action runs once, on a thread of the
  /// runtime's, after the view and all slices and buffers made of it became unreachable.
  MemorySegment view(long offset, long length, Runnable unreachable) {
    return part(offset, length, Arena.ofAuto(), unreachable).asReadOnly();
  }

  /// A part that can be reached until an arena is closed; then the action runs.
  MemorySegment part(long offset, long length, Arena arena, Runnable closed) {
    MemorySegment slice = bytes.asSlice(offset, length);
    if (holds.getAndUpdate(count -> count == 0 ? 0 : count + 1) == 0) {
      throw new IllegalStateException("the object store is closed");
    }
    return within(
        arena,
        slice,
        () -> {
          try {
            release();
          } finally {
            closed.run();
          }
        });
  }

  /// Gives up the hold that the constructor made.
  void release() {
    if (holds.decrementAndGet() == 0) {
      arena.close();
    }
  }

  @SuppressWarnings("restricted") // the same memory, under an arena that ends before the mapping
  private static MemorySegment within(Arena arena, MemorySegment slice, Runnable closed) {
    return slice.reinterpret(arena, ignored -> closed.run());
  }
}
