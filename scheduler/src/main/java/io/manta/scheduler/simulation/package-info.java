/// A cluster of a thousand nodes in one thread: the scheduler's own code, with a clock and a
/// network that are played.
@NullMarked
package io.manta.scheduler.simulation;

import org.jspecify.annotations.NullMarked;
