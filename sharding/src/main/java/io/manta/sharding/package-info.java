/// The cluster under Manta, on Pekko: membership, links between processes, slots and where they go.
@NullMarked
package io.manta.sharding;

import org.jspecify.annotations.NullMarked;
