/// The tour: Manta in a few programs of a few lines each.
@NullMarked
package io.manta.samples.tour;

import org.jspecify.annotations.NullMarked;
