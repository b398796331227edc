/// Single pieces, measured by JMH.
@NullMarked
package io.manta.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
