package io.manta.scheduler.autoscaling;

import io.manta.scheduler.Shape;

/// Work that waits for room.
///
/// @param shape what each asks for
/// @param count how many
/// @param waitedNanos for how long the first of them has waited
public record PendingShape(Shape shape, int count, long waitedNanos) {}
