/// The runtime behind `io.manta.actors`.
@NullMarked
package io.manta.actors.internal;

import org.jspecify.annotations.NullMarked;
