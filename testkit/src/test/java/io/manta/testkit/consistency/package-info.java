/// What actors promise, checked against histories of calls on a cluster whose nodes die at random.
@NullMarked
package io.manta.testkit.consistency;

import org.jspecify.annotations.NullMarked;
