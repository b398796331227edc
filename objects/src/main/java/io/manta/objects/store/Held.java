package io.manta.objects.store;

import io.manta.core.ObjectId;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// An object that this process answers for. Its fields are guarded by the lock of its
/// [ObjectTable]; the range stays while the object is pinned.
final class Held {
  final ObjectId id;
  final long length;

  /// Where it is in memory, unless it is on disk only.
  volatile @Nullable Range range;

  /// Its copy on disk, kept after it came back: spilling it again costs nothing.
  Spill.@Nullable Copy copy;

  /// Completed when somebody has brought it back.
  @Nullable CompletableFuture<Void> restored;

  int pins;
  boolean deleted;

  Held(ObjectId id, long length, Range range) {
    this.id = id;
    this.length = length;
    this.range = range;
  }

  /// The range of an object that is pinned and in memory.
  Range pinnedRange() {
    Range present = range;
    if (present == null) {
      throw new IllegalStateException(id + " is not in memory");
    }
    return present;
  }
}
