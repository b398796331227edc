package io.manta.actors.internal.durable;

/// One run of a store: from the start of its node's process to the end.
record Life(long store, long run) {}
