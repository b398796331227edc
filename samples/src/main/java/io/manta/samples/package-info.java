/// Programs to start from, and the commands that run them.
@NullMarked
package io.manta.samples;

import org.jspecify.annotations.NullMarked;
