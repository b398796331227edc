package io.manta.objects.store;

import io.manta.core.ObjectId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Room for an object that is being written. It becomes the object when it is sealed, or is given
/// back. Several threads may write; one ends it when the others are done.
public final class Allocation implements AutoCloseable {
  private final ObjectStore store;
  private final ObjectId id;
  private final Range range;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment segment;

  Allocation(ObjectStore store, ObjectId id, Range range, long bytes) {
    this.store = store;
    this.id = id;
    this.range = range;
    segment = range.segment().mapping().part(range.offset(), bytes, arena, () -> {});
  }

  public ObjectId id() {
    return id;
  }

  /// The bytes to write. They are not zeros to begin with, and can't be reached once sealed or
  /// given back.
  public MemorySegment segment() {
    return segment;
  }

  /// Makes the object; from now on it is read only.
  ///
  /// @throws IllegalStateException when a channel is just reading into it, when it was ended before
  public void seal() {
    arena.close();
    store.seal(id, range, segment.byteSize());
  }

  /// Gives the room back unless the object was sealed.
  ///
  /// @throws IllegalStateException when a channel is just reading into it
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      store.abandon(id, range);
    }
  }
}
