/// The commands behind `io.manta.cli`.
@NullMarked
package io.manta.cli.internal;

import org.jspecify.annotations.NullMarked;
