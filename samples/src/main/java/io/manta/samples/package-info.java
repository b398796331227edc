/// See the README of the project.
@NullMarked
package io.manta.samples;

import org.jspecify.annotations.NullMarked;
