/// The command line `manta`, and what other modules add commands with.
@NullMarked
package io.manta.cli;

import org.jspecify.annotations.NullMarked;
