/// Main programs of the test kit.
@NullMarked
package io.manta.testkit.internal;

import org.jspecify.annotations.NullMarked;
