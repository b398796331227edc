/// `bin/manta chaos`.
@NullMarked
package io.manta.chaos;

import org.jspecify.annotations.NullMarked;
