/// See the README of the project.
@NullMarked
package io.manta.sharding;

import org.jspecify.annotations.NullMarked;
