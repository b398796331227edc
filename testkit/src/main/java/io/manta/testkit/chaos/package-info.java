/// A cluster of processes that work while faults befall them, and a checker of what is promised.
@NullMarked
package io.manta.testkit.chaos;

import org.jspecify.annotations.NullMarked;
