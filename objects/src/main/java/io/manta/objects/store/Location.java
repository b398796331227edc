package io.manta.objects.store;

/// Where an object lies in the memory of its host. It holds while the object is pinned.
///
/// @param host the key of the host's store: another host's processes can't open it
/// @param segment the name of the segment's file
/// @param offset of the first byte in the segment
/// @param length in bytes
public record Location(long host, String segment, long offset, long length) {}
