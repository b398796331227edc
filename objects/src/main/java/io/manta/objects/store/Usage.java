package io.manta.objects.store;

/// What a store holds, in bytes but for the objects. Sizes in memory are rounded up to 64 bytes per
/// object.
///
/// @param capacity of the host, for all its processes
/// @param reserved by all processes of the host: their segments, used or kept for the next object
/// @param hostUsed by the objects of all processes of the host, in memory
/// @param hostSpilled of all processes of the host: their spill files
/// @param used by this process's objects in memory, also deleted ones that are still read
/// @param spilled bytes of this process's objects that are on disk only
/// @param pinned the part of `used` that readers keep in memory
/// @param objects of this process, in memory and on disk
public record Usage(
    long capacity,
    long reserved,
    long hostUsed,
    long hostSpilled,
    long used,
    long spilled,
    long pinned,
    int objects) {}
