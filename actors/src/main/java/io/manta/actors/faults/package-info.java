/// What befalls nodes, for tests; `io.manta.testkit` has what tests use.
@NullMarked
package io.manta.actors.faults;

import org.jspecify.annotations.NullMarked;
