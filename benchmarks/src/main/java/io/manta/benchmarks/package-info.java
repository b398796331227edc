/// The benchmarks: cases that measure Manta in one process and in several, each case a fresh look
/// at one thing, under the names that the benchmarks of peers use.
@NullMarked
package io.manta.benchmarks;

import org.jspecify.annotations.NullMarked;
