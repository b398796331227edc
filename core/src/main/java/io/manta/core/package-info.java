/// The words of Manta: ids, resources, options, errors and object references. Depends on the JDK
/// only.
@NullMarked
package io.manta.core;

import org.jspecify.annotations.NullMarked;
