/// When a cluster gets more nodes and when it gives some back, as pure functions of what waits and
/// what is idle.
@NullMarked
package io.manta.scheduler.autoscaling;

import org.jspecify.annotations.NullMarked;
