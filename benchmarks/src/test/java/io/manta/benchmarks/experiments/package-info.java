/// Programs that measured the options behind the decisions in `docs/adr`: each prints its table
/// again.
@NullMarked
package io.manta.benchmarks.experiments;

import org.jspecify.annotations.NullMarked;
