package io.manta.core;

/// What a process keeps of objects that more than one process may know. Objects that nobody but
/// their owner ever knew are not counted; the garbage collector looks after them.
///
/// @param lent objects of its own that a ref was sent or encoded of, and that somebody may still
///   use
/// @param borrowed objects of other processes that it has refs to
public record ObjectUsage(long lent, long borrowed) {
  public static final ObjectUsage NONE = new ObjectUsage(0, 0);
}
