/// Random graphs of tasks and calls, whose results are known beforehand.
@NullMarked
package io.manta.testkit.graphs;

import org.jspecify.annotations.NullMarked;
