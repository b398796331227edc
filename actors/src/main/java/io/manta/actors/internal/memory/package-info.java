/// How much memory a node has left, and what it does when that is little.
@NullMarked
package io.manta.actors.internal.memory;

import org.jspecify.annotations.NullMarked;
