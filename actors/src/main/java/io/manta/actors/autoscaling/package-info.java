/// Clusters that get more nodes when work waits, and give back those that are idle.
@NullMarked
package io.manta.actors.autoscaling;

import org.jspecify.annotations.NullMarked;
