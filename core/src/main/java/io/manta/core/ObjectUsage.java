package io.manta.core;

/// What a process keeps of objects that more than one process may know, and of large ones. Small
/// ones that nobody but their owner ever knew are not counted; the garbage collector looks after
/// them.
///
/// @param lent objects of its own that a ref was sent or encoded of, and that somebody may still
///   use
/// @param borrowed objects of other processes that it has refs to
/// @param stored large values in its object store, in memory or spilled to disk
/// @param storedMemory what they take in memory
/// @param spilled what of them is on disk only
public record ObjectUsage(
    long lent, long borrowed, long stored, DataSize storedMemory, DataSize spilled) {
  public static final ObjectUsage NONE = new ObjectUsage(0, 0, 0, new DataSize(0), new DataSize(0));

  public ObjectUsage plus(ObjectUsage other) {
    return new ObjectUsage(
        lent + other.lent,
        borrowed + other.borrowed,
        stored + other.stored,
        new DataSize(storedMemory.bytes() + other.storedMemory.bytes()),
        new DataSize(spilled.bytes() + other.spilled.bytes()));
  }
}
