/// The store of durable actors that every node has: its file, and how the stores of a cluster keep
/// copies of each other. See docs/adr/0009-durable-state.md.
@NullMarked
package io.manta.actors.internal.durable;

import org.jspecify.annotations.NullMarked;
