/// Raw Pekko, to measure Manta against: the only place of the benchmarks that knows it.
@NullMarked
package io.manta.benchmarks.internal;

import org.jspecify.annotations.NullMarked;
