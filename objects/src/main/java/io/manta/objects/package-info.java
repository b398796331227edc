/// A node's object store: how values are isolated, copied and encoded. No Pekko.
@NullMarked
package io.manta.objects;

import org.jspecify.annotations.NullMarked;
